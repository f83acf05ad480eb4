// Which descriptors have something to read, or room to write: epoll, level-triggered, so that one which goes on being
// read costs no call but its reads.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "descriptor.hpp"
#include "socket.hpp"

namespace agentroom::ws {

/// Who hears of a descriptor. Thread: engine, inside a turn.
class Watcher {
 public:
  virtual ~Watcher() = default;
  /// There is something to read, the peer's end or an error included.
  virtual void on_readable() {}
  /// There is room, or the descriptor has failed; once for each `Watch::want_write`.
  virtual void on_writable() {}
};

/// Owns the watchers of what is watched. Thread: engine.
class Readiness {
 public:
  /// More that is ready at once has its turn in the next wait.
  static constexpr std::size_t kAtOnce = 1024;

  Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;
  ~Readiness();

  /// Waits for `most` milliseconds at most and tells the watchers of what is ready.
  void wait(int most);
  /// A descriptor that ends a wait by being written to, of this or any other thread, and is never read (eventfd).
  void ends_waits(int descriptor);

 private:
  friend class Watch;

  struct Slot {
    std::shared_ptr<Watcher> who;
    int descriptor = -1;
    std::uint32_t life = 0;    // of those that had this slot one after another
    std::uint32_t wanted = 0;  // of EPOLLIN and EPOLLOUT
    std::uint32_t armed = 0;   // what the system was told last
  };
  /// A slot in one of its lives.
  struct Place {
    std::uint32_t slot = 0;
    std::uint32_t life = 0;
  };

  Slot* find(Place place);
  bool control(int operation, Place place);
  void tell(Place place, std::uint32_t ready);

  process::Descriptor epoll_;
  std::array<epoll_event, kAtOnce> ready_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

/// One descriptor that is watched, from `start` to `stop`; nothing is wanted at first. Thread: engine.
class Watch {
 public:
  explicit Watch(Readiness& all) : all_(&all) {}
  Watch(Watch&& other) noexcept;
  Watch& operator=(Watch&& other) noexcept;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() { stop(); }

  /// `who` lives until `stop` at least. Error: the system has no room for one more.
  ErrorCode start(int descriptor, std::shared_ptr<Watcher> who);
  /// Before the descriptor is closed. May destroy the watcher, except inside one of the watcher's own calls.
  void stop();
  /// Another one hears of it from now on.
  void hand_over(std::shared_ptr<Watcher> who);
  /// Null when nothing is watched.
  std::shared_ptr<Watcher> watcher() const;

  /// Until told otherwise; at each wait, as long as there is something to read.
  void want_read(bool want);
  void want_write();

 private:
  Readiness* all_;
  Readiness::Place place_;
};

}  // namespace agentroom::ws
