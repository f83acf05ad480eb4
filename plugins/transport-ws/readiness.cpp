#include "readiness.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace agentroom::ws {

namespace {

constexpr std::uint64_t kWaker = ~std::uint64_t{0};

/// Told always, whether asked for or not.
constexpr std::uint32_t kFailed = EPOLLERR | EPOLLHUP;

}  // namespace

Readiness::Readiness() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), slots_(1) {
  if (!epoll_.valid()) throw std::system_error(errno, std::system_category(), "epoll_create1");
}

// Watchers take their watches with them.
Readiness::~Readiness() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const auto last = std::move(slots_[i].who);
    ++slots_[i].life;
  }
}

Readiness::Slot* Readiness::find(Place place) {
  Slot& slot = slots_[place.slot];
  return place.slot != 0 && slot.life == place.life ? &slot : nullptr;
}

/// Wanting nothing, a descriptor that failed would end every wait: it is told when that changes, not as long as it is
/// so.
bool Readiness::control(int operation, Place place) {
  Slot& slot = slots_[place.slot];
  slot.armed = slot.wanted;
  epoll_event event{};
  event.events = slot.wanted != 0 ? slot.wanted : std::uint32_t{EPOLLET};
  event.data.u64 = std::uint64_t{place.life} << 32U | place.slot;
  return ::epoll_ctl(epoll_.get(), operation, slot.descriptor, &event) == 0;
}

void Readiness::ends_waits(int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = kWaker;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
    throw std::system_error(errno, std::system_category(), "epoll_ctl");
  }
}

void Readiness::wait(int most) {
  const int count = ::epoll_wait(epoll_.get(), ready_.data(), static_cast<int>(ready_.size()), most);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = ready_[static_cast<std::size_t>(i)];
    if (event.data.u64 == kWaker) continue;
    tell({static_cast<std::uint32_t>(event.data.u64), static_cast<std::uint32_t>(event.data.u64 >> 32U)}, event.events);
  }
}

void Readiness::tell(Place place, std::uint32_t ready) {
  Slot* slot = find(place);
  if (slot == nullptr) return;  // another watcher of this wait ended it
  if ((ready & kFailed) != 0) ready |= EPOLLIN | EPOLLOUT;
  auto who = slot->who;
  const bool reads = (ready & slot->wanted & EPOLLIN) != 0;
  if (reads) who->on_readable();
  slot = find(place);
  if (slot == nullptr) return;
  const bool writes = (ready & slot->wanted & EPOLLOUT) != 0;
  if (writes) {
    slot->wanted &= ~std::uint32_t{EPOLLOUT};
    who = slot->who;  // it may have been handed over
    who->on_writable();
    slot = find(place);
    if (slot == nullptr) return;
  }
  // What is wanted no longer is taken back once it came: often it is wanted again before that.
  if ((!reads || writes) && slot->armed != slot->wanted) control(EPOLL_CTL_MOD, place);
}

Watch::Watch(Watch&& other) noexcept : all_(other.all_), place_(std::exchange(other.place_, {})) {}

Watch& Watch::operator=(Watch&& other) noexcept {
  if (this != &other) {
    stop();
    all_ = other.all_;
    place_ = std::exchange(other.place_, {});
  }
  return *this;
}

ErrorCode Watch::start(int descriptor, std::shared_ptr<Watcher> who) {
  stop();
  if (all_->free_.empty()) {
    all_->slots_.emplace_back();
    all_->free_.reserve(all_->slots_.capacity());  // `stop` needs no memory
    all_->free_.push_back(static_cast<std::uint32_t>(all_->slots_.size() - 1));
  }
  const std::uint32_t number = all_->free_.back();
  Readiness::Slot& slot = all_->slots_[number];
  slot.descriptor = descriptor;
  slot.wanted = 0;
  if (!all_->control(EPOLL_CTL_ADD, {number, slot.life})) return {errno, boost::system::system_category()};
  all_->free_.pop_back();
  slot.who = std::move(who);
  place_ = {number, slot.life};
  return {};
}

void Watch::stop() {
  Readiness::Slot* slot = all_->find(std::exchange(place_, {}));
  if (slot == nullptr) return;
  // Closing it would not do if a child that was just begun has it too.
  ::epoll_ctl(all_->epoll_.get(), EPOLL_CTL_DEL, slot->descriptor, nullptr);
  ++slot->life;
  all_->free_.push_back(static_cast<std::uint32_t>(slot - all_->slots_.data()));
  const auto last = std::move(slot->who);
}

void Watch::hand_over(std::shared_ptr<Watcher> who) {
  if (Readiness::Slot* slot = all_->find(place_)) slot->who.swap(who);
}

std::shared_ptr<Watcher> Watch::watcher() const {
  const Readiness::Slot* slot = all_->find(place_);
  return slot == nullptr ? nullptr : slot->who;
}

void Watch::want_read(bool want) {
  Readiness::Slot* slot = all_->find(place_);
  if (slot == nullptr) return;
  slot->wanted = want ? slot->wanted | EPOLLIN : slot->wanted & ~std::uint32_t{EPOLLIN};
  if ((slot->wanted & ~slot->armed) != 0) all_->control(EPOLL_CTL_MOD, place_);
}

void Watch::want_write() {
  Readiness::Slot* slot = all_->find(place_);
  if (slot == nullptr) return;
  slot->wanted |= EPOLLOUT;
  if ((slot->wanted & ~slot->armed) != 0) all_->control(EPOLL_CTL_MOD, place_);
}

}  // namespace agentroom::ws
