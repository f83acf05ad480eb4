// The checks of sections 3 and 4.
#pragma once

#include "vector_file.hpp"

namespace agentroom::vectors {

bool check_session(const Fields& f);
bool check_kdf_rk(const Fields& f);
bool check_kdf_ck(const Fields& f);
bool check_sealed_header(const Fields& f);
bool check_body(const Fields& f);
bool check_padding_class(const Fields& f);

}  // namespace agentroom::vectors
