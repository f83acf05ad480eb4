#include <gtest/gtest.h>

#include "crypto/primitives.hpp"

int main(int argc, char** argv) {
  agentroom::crypto::init();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
