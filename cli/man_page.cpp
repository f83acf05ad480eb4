#include "man_page.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "command_tree.hpp"

namespace agentroom::cli {
namespace {

constexpr const char* kExitStatus = R"(.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
An error.
.TP
.B 2
Wrong usage or configuration.
.TP
.B 3
Network: unreachable, or timed out.
.TP
.B 4
No session with that peer.
)";

std::string bold(const std::string& text) {
  return "\\fB" + roff_text(text) + "\\fR";
}

std::string italic(const std::string& text) {
  return "\\fI" + roff_text(text) + "\\fR";
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

std::string item(const std::string& title, const std::string& text) {
  return ".TP\n" + title + "\n" + roff_text(text) + "\n";
}

/// `agentroom-invite-create`
std::string page_name(const std::string& path) {
  std::string name = path;
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string reference(const std::string& path) {
  return "\\fB" + roff_text(page_name(path)) + "\\fR(1)";
}

std::vector<const CLI::App*> inner_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// Those that --help shows.
std::vector<const CLI::Option*> shown_options(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return !option->get_group().empty(); });
}

std::string synopsis(const CLI::App& app, const std::string& path) {
  std::vector<std::string> words{bold(path), "[" + italic("OPTION") + "...]"};
  for (const CLI::Option* option : shown_options(app)) {
    if (!option->get_positional()) continue;
    const std::string name = italic(option->get_name());
    words.push_back(option->get_required() ? name : "[" + name + "]");
  }
  if (!inner_of(app).empty()) {
    const std::string name = italic("COMMAND") + " ...";
    words.push_back(app.get_require_subcommand_min() > 0 ? name : "[" + name + "]");
  }
  return joined(words, " ") + "\n";
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

/// `, with --to`: options that another one needs, or cannot stand beside.
std::string others(const char* how, const std::set<CLI::Option*>& options) {
  std::set<std::string> names;
  for (const CLI::Option* option : options) names.insert(names_of(*option).back());
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? how : " and ") + name;
  return out;
}

std::string option_item(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : names_of(option)) names.push_back(bold(name));
  std::string title = joined(names, ", ");
  if (option.get_items_expected_max() > 0) {
    const std::string type = option.get_type_name();  // with what its checks say of themselves after a colon
    title += " " + italic(type.substr(0, type.find(':')));
  }
  return item(title, option.get_description() + others(", with ", option.get_needs()) +
                         others(", not with ", option.get_excludes()));
}

std::string arguments(const CLI::App& app) {
  std::string out;
  for (const CLI::Option* option : shown_options(app)) {
    if (option->get_positional()) out += item(italic(option->get_name()), option->get_description());
  }
  return out.empty() ? out : ".SH ARGUMENTS\n" + out;
}

std::string options(const CLI::App& app) {
  std::vector<std::string> groups = app.get_groups();
  const auto own = std::ranges::find(groups, "Options");
  if (own != groups.end()) std::rotate(groups.begin(), own, own + 1);  // its own first
  std::string out;
  for (const std::string& group : groups) {
    std::string items;
    for (const CLI::Option* option : shown_options(app)) {
      if (!option->get_positional() && option->get_group() == group) items += option_item(*option);
    }
    std::string title = group;
    std::ranges::transform(title, title.begin(), [](unsigned char c) { return std::toupper(c); });
    if (!items.empty()) out.append(".SH ").append(title).append("\n").append(items);
  }
  return out;
}

std::string commands(const CLI::App& app, const std::string& path) {
  std::string out;
  for (const CLI::App* inner : inner_of(app)) {
    out += item(reference(path + " " + inner->get_name()), inner->get_description());
  }
  return out.empty() ? out : ".SH COMMANDS\n" + out;
}

/// The lines below the first, which says what they are.
std::string examples(const CLI::App& app) {
  const std::string footer = app.get_footer();
  std::string out = ".SH EXAMPLES\n.nf\n";
  for (std::size_t at = footer.find('\n'); at != std::string::npos;) {
    const std::size_t end = footer.find('\n', at + 1);
    out += roff_text(footer.substr(at + 1, end - at - 1)) + "\n";
    at = end;
  }
  return out + ".fi\n";
}

std::string see_also(const std::string& path) {
  if (path.find(' ') == std::string::npos) return {};
  std::string above = path.substr(0, path.rfind(' '));
  std::vector<std::string> pages{reference(above)};
  if (above != "agentroom") pages.push_back(reference("agentroom"));
  return ".SH SEE ALSO\n" + joined(pages, ",\n") + "\n";
}

ManPage page_of(const CLI::App& app, const std::string& path) {
  std::string title = page_name(path);
  std::string text = ".TH " + roff_text(title) + " 1 \"\" \"agentroom " AGENTROOM_VERSION "\" \"agentroom\"\n";
  text += ".SH NAME\n" + roff_text(title) + " \\- " + roff_text(app.get_description()) + "\n";
  text += ".SH SYNOPSIS\n" + synopsis(app, path);
  text += commands(app, path) + arguments(app) + options(app) + examples(app);
  return {std::move(title), text + kExitStatus + see_also(path)};
}

void append_pages(const CLI::App& app, const std::string& path, std::vector<ManPage>& pages) {
  pages.push_back(page_of(app, path));
  for (const CLI::App* inner : inner_of(app)) append_pages(*inner, path + " " + inner->get_name(), pages);
}

}  // namespace

std::string roff_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '"':
        out += "\\(dq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '.':
        out += out.empty() || out.back() == '\n' ? "\\&." : ".";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::vector<ManPage> man_pages() {
  const CommandTree tree;
  std::vector<ManPage> pages;
  append_pages(tree.app(), tree.app().get_name(), pages);
  return pages;
}

}  // namespace agentroom::cli
