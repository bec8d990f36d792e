// SPDX-License-Identifier: Apache-2.0
// A plugin of clang-tidy: checks look at our code only, not at the thousands of declarations of
// system headers, whose findings nobody is shown anyway. A third of the time. Later versions of
// clang-tidy leave system headers out by themselves (ReleaseNotes.rst in LLVM pull request 164339).
#include <memory>
#include <string>
#include <vector>

#include <clang/AST/ASTConsumer.h>
#include <clang/AST/ASTContext.h>
#include <clang/Basic/SourceManager.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendPluginRegistry.h>

namespace {

/// Runs before the consumer that matches.
class OwnCode final : public clang::ASTConsumer {
  public:
    void HandleTranslationUnit(clang::ASTContext &context) override {
        const clang::SourceManager &sources = context.getSourceManager();
        std::vector<clang::Decl *> own;
        for (clang::Decl *declaration : context.getTranslationUnitDecl()->decls())
            if (!sources.isInSystemHeader(declaration->getLocation()))
                own.push_back(declaration);
        context.setTraversalScope(own);
    }
};

class OwnCodeAction final : public clang::PluginASTAction {
  public:
    std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance & /*instance*/,
                                                          llvm::StringRef /*file*/) override {
        return std::make_unique<OwnCode>();
    }
    bool ParseArgs(const clang::CompilerInstance & /*instance*/,
                   const std::vector<std::string> & /*arguments*/) override {
        return true;
    }
    ActionType getActionType() override { return AddBeforeMainAction; }
};

const clang::FrontendPluginRegistry::Add<OwnCodeAction>
    kRegistered("coax-own-code", "checks look at declarations outside system headers");

} // namespace
