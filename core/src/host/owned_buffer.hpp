// An ar_buffer whose bytes are those of a container, handed over without a copy.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "agentroom/abi/types.h"

namespace agentroom::host {

template <class Container>
class OwnedBuffer : public ar_buffer {
 public:
  /// The holder of the outcome releases it.
  static ar_buffer* make(Container content) { return std::make_unique<OwnedBuffer>(std::move(content)).release(); }

  explicit OwnedBuffer(Container content) : ar_buffer{}, content_(std::move(content)) {
    data = reinterpret_cast<std::uint8_t*>(content_.data());
    size = content_.size();
    capacity = content_.size();
    release = [](ar_buffer* self) { std::unique_ptr<OwnedBuffer>(static_cast<OwnedBuffer*>(self)).reset(); };
  }

 private:
  Container content_;
};

}  // namespace agentroom::host
