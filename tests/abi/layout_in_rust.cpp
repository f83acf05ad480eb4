// Prints a program in Rust that compares every struct, member and constant of the bindings with these headers: sizes,
// offsets and types, those of the functions included.
#include <cxxabi.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/handler.h"
#include "agentroom/abi/host.h"
#include "agentroom/abi/store.h"
#include "agentroom/abi/transport.h"
#include "agentroom/abi/tunnel.h"
#include "layout.h"

namespace {

/// A type as std::any::type_name tells it, without modules. A usize is told as the u64 that it is.
template <class T>
struct Rust {
  static std::string name() {
    static_assert(std::is_class_v<T>);
    const char* const mangled = typeid(T*).name();  // that of a pointer: the plugin's own structs are incomplete
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(mangled, nullptr, nullptr, &status),
                                                      &std::free);
    std::string name = text.get();
    name.pop_back();
    return name;
  }
};
template <class T>
  requires std::is_integral_v<T>
struct Rust<T> {
  static std::string name() { return (std::is_signed_v<T> ? "i" : "u") + std::to_string(sizeof(T) * 8); }
};
template <>
struct Rust<double> {
  static std::string name() { return "f64"; }
};
template <>
struct Rust<void> {
  static std::string name() { return "c_void"; }
};
template <class T>
struct Rust<T*> {
  static std::string name() {
    return (std::is_const_v<T> ? "*const " : "*mut ") + Rust<std::remove_const_t<T>>::name();
  }
};
template <class T, std::size_t kSize>
struct Rust<T[kSize]> {
  static std::string name() { return "[" + Rust<T>::name() + "; " + std::to_string(kSize) + "]"; }
};
template <class Returned, class... Taken>
struct Rust<Returned (*)(Taken...)> {
  static std::string name() {
    std::string taken;
    ((taken += (taken.empty() ? "" : ", ") + Rust<Taken>::name()), ...);
    std::string text = "unsafe extern \"C\" fn(" + taken + ")";
    if constexpr (!std::is_void_v<Returned>) text += " -> " + Rust<Returned>::name();
    return text;
  }
};

struct Row {
  layout_row layout;
  std::string type;  ///< of a member
};

#undef LAYOUT_NUMBER
#undef LAYOUT_TEXT
#undef LAYOUT_FIXED
#undef LAYOUT_GROWING
#undef LAYOUT_1
#define LAYOUT_NUMBER(name) Row{{#name, LAYOUT_CONSTANT, static_cast<std::size_t>(name), 0, ""}, ""}
#define LAYOUT_TEXT(name) Row{{#name, LAYOUT_CONSTANT, 0, 0, name}, ""}
#define LAYOUT_FIXED(type) Row{{#type, LAYOUT_FIXED_STRUCT, 0, sizeof(type), ""}, ""}
#define LAYOUT_GROWING(type) Row{{#type, LAYOUT_GROWING_STRUCT, 0, sizeof(type), ""}, ""}
#define LAYOUT_1(type, member)                                                            \
  Row {                                                                                   \
    {#type "." #member, LAYOUT_MEMBER, offsetof(type, member), sizeof(type::member), ""}, \
        Rust<decltype(type::member)>::name()                                              \
  }

constexpr const char* kBegin = R"(use agentroom::*;
use std::mem::{size_of, MaybeUninit};

fn type_of<T>(_: *const T) -> String {
    let full = std::any::type_name::<T>().replace("usize", "u64");
    let mut name = String::new();
    let mut word = String::new();
    for c in full.chars().chain(" ".chars()) {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
        } else if c == ':' {
            word.clear();
        } else {
            name.push_str(&word);
            word.clear();
            name.push(c);
        }
    }
    // What may be null in C is an Option here.
    name.trim().replace("Option<", "").replace("->", "\0").replace('>', "").replace('\0', "->")
}

struct Comparison {
    rows: usize,
    different: usize,
}

impl Comparison {
    fn equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, rust: T, c: T) {
        self.rows += 1;
        if rust != c {
            self.different += 1;
            println!("{what}: {rust:?} in Rust, {c:?} in C");
        }
    }
}

macro_rules! member {
    ($to:ident, $type:ty, $member:ident, $offset:expr, $size:expr, $name:expr) => {
        let made = MaybeUninit::<$type>::uninit();
        let member = unsafe { std::ptr::addr_of!((*made.as_ptr()).$member) };
        let what = concat!(stringify!($type), ".", stringify!($member));
        $to.equal(what, (member as usize - made.as_ptr() as usize, size_of_pointee(member)), ($offset, $size));
        $to.equal(what, type_of(member), $name.to_string());
    };
}

fn main() {
    let mut all = Comparison { rows: 0, different: 0 };
)";

constexpr const char* kEnd = R"(    println!("{} of {} rows differ", all.different, all.rows);
    std::process::exit(if all.different == 0 && all.rows > 200 { 0 } else { 1 });
}
)";

void print(const Row& row) {
  const std::string what = row.layout.what;
  switch (row.layout.kind) {
    case LAYOUT_CONSTANT:
      if (row.layout.text[0] != '\0') {
        std::printf("    all.equal(\"%s\", %s, \"%s\");\n", what.c_str(), what.c_str(), row.layout.text);
      } else {
        std::printf("    all.equal(\"%s\", %s as usize, %zu);\n", what.c_str(), what.c_str(), row.layout.value);
      }
      break;
    case LAYOUT_FIXED_STRUCT:
    case LAYOUT_GROWING_STRUCT:
      std::printf("    all.equal(\"%s\", size_of::<%s>(), %zu);\n", what.c_str(), what.c_str(), row.layout.size);
      break;
    case LAYOUT_MEMBER: {
      const std::string type = what.substr(0, what.find('.'));
      std::string member = what.substr(what.find('.') + 1);
      if (member == "self") member = "self_";  // a keyword there
      std::printf("    member!(all, %s, %s, %zu, %zu, r#\"%s\"#);\n", type.c_str(), member.c_str(), row.layout.value,
                  row.layout.size, row.type.c_str());
      break;
    }
  }
}

}  // namespace

int main() {
  const Row rows[] = {LAYOUT_NUMBER(AR_ABI_MINOR), LAYOUT_ROWS};
  std::fputs(kBegin, stdout);
  for (const Row& row : rows) print(row);
  std::fputs(kEnd, stdout);
}
