#include "installed_files.hpp"

namespace agentroom::cli {

namespace fs = std::filesystem;

Result<fs::path> installed_file(const std::string& name) {
  std::error_code failed;
  const fs::path executable = fs::read_symlink("/proc/self/exe", failed);
  const fs::path prefix(AGENTROOM_INSTALL_PREFIX);
  for (const fs::path& folder : {executable.parent_path().parent_path(), prefix}) {
    if (!folder.empty() && fs::exists(folder / name, failed)) return folder / name;
  }
  return fail(
      ErrorCode::kNotFound,
      "there is no " + (prefix / name).string() + ", nor " + (executable.parent_path().parent_path() / name).string(),
      "install the package agentroom-dev");
}

}  // namespace agentroom::cli
