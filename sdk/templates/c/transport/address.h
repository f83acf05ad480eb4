/* Addresses in numbers, and "localhost". A name server is not asked: it would keep the engine waiting. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct place {
  struct sockaddr_storage address;
  socklen_t size; /* 0: the host is a name */
};

/* host:port, "[::1]:80"; without a port it has the default one, where that is not empty. 0 when it is none. */
int parse_place(const char* text, size_t size, const char* default_port, struct place* out);

void print_address(const struct sockaddr_storage* address, char out[INET6_ADDRSTRLEN]);

/* The local port of a socket. */
uint16_t port_of(int file);

#endif
