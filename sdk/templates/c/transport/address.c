#include "address.h"

#include <arpa/inet.h>
#include <string.h>

/* "80" and nothing else; 0 when it is no port. */
static int parse_port(const char* text, size_t size, in_port_t* out) {
  unsigned port = 0;
  if (size == 0 || size > 5) return 0;
  for (size_t i = 0; i < size; ++i) {
    if (text[i] < '0' || text[i] > '9') return 0;
    port = port * 10 + (unsigned)(text[i] - '0');
  }
  *out = htons((uint16_t)port);
  return port <= 65535;
}

static void parse_host(const char* text, size_t size, in_port_t port, struct place* out) {
  char host[INET6_ADDRSTRLEN] = "";
  const int is_bracketed = size >= 2 && text[0] == '[' && text[size - 1] == ']';
  if (is_bracketed) ++text, size -= 2;
  memset(out, 0, sizeof *out);
  if (size >= sizeof host) return;
  memcpy(host, text, size);
  struct sockaddr_in* const v4 = (struct sockaddr_in*)&out->address;
  struct sockaddr_in6* const v6 = (struct sockaddr_in6*)&out->address;
  if (is_bracketed && inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = port;
    out->size = sizeof *v6;
  } else if (!is_bracketed &&
             inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = port;
    out->size = sizeof *v4;
  }
}

int parse_place(const char* text, size_t size, const char* default_port, struct place* out) {
  size_t colon = size;
  for (size_t i = 0; i < size; ++i) {
    if (text[i] == ':') colon = i;
    if (text[i] == ']') colon = size; /* those before it are a part of the address */
  }
  if (colon == 0) return 0;
  in_port_t port;
  const int is_port = colon < size ? parse_port(text + colon + 1, size - colon - 1, &port)
                                   : parse_port(default_port, strlen(default_port), &port);
  if (!is_port) return 0;
  parse_host(text, colon, port, out);
  return 1;
}

void print_address(const struct sockaddr_storage* address, char out[INET6_ADDRSTRLEN]) {
  const void* const bytes = address->ss_family == AF_INET6
                                ? (const void*)&((const struct sockaddr_in6*)address)->sin6_addr
                                : (const void*)&((const struct sockaddr_in*)address)->sin_addr;
  if (inet_ntop(address->ss_family, bytes, out, INET6_ADDRSTRLEN) == NULL) *out = '\0';
}

uint16_t port_of(int file) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  memset(&address, 0, sizeof address);
  if (getsockname(file, (struct sockaddr*)&address, &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6*)&address)->sin6_port
                                             : ((struct sockaddr_in*)&address)->sin_port);
}
