#define _GNU_SOURCE
#include "channel.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD = 4, CODE = 2, KEPT_BYTES = 65536, FRAMES_AT_A_TIME = 64 };
static const uint32_t LAST_FRAME = 0x80000000u;
static const uint64_t LONGEST_US = 3600u * 1000000u, LINGER_US = 5u * 1000000u;

uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_nsec / 1000;
}

ar_string string_of(const char* text) {
  const ar_string view = {text, strlen(text)};
  return view;
}

struct channel* channel_new(ar_channel id, const ar_channel_events* events, uint64_t max_message) {
  struct channel* const self = calloc(1, sizeof *self);
  if (self == NULL) return NULL;
  self->id = id;
  self->socket = -1;
  self->events = events;
  self->max_message = max_message;
  self->hint = "";
  return self;
}

void channel_free(struct channel* self) {
  if (self->socket >= 0) close(self->socket);
  free(self->in);
  free(self->out);
  free(self);
}

static void tell_why(struct channel* self, uint16_t code, const char* reason, size_t size) {
  self->code = code;
  size = size < CHANNEL_MAX_REASON ? size : CHANNEL_MAX_REASON;
  for (size_t i = 0; i < size; ++i) self->reason[i] = reason[i] < ' ' || reason[i] > '~' ? '?' : reason[i];
  self->reason[size] = '\0';
}

void channel_end(struct channel* self, uint16_t code, const char* reason) {
  if (self->state == ENDED) return;
  if (self->state != CLOSING) tell_why(self, code, reason, strlen(reason));
  self->state = ENDED;
  if (self->socket >= 0) close(self->socket);
  self->socket = -1;
}

/* Room for `size` more bytes to send, or NULL. */
static uint8_t* reserve(struct channel* self, size_t size) {
  if (self->out_sent > 0 && self->out_sent >= self->out_size / 2) {
    self->out_size -= self->out_sent;
    memmove(self->out, self->out + self->out_sent, self->out_size);
    self->out_sent = 0;
  }
  if (size > SIZE_MAX / 2 - self->out_size) return NULL;
  const size_t needed = self->out_size + size;
  if (needed > self->out_capacity) {
    const size_t capacity = needed > 2 * self->out_capacity ? needed : 2 * self->out_capacity;
    uint8_t* const out = realloc(self->out, capacity);
    if (out == NULL) return NULL;
    self->out = out;
    self->out_capacity = capacity;
  }
  self->out_size = needed;
  return self->out + needed - size;
}

static uint8_t* put_head(uint8_t* out, uint32_t head) {
  for (int i = 0; i < HEAD; ++i) out[i] = (uint8_t)(head >> (8 * (HEAD - 1 - i)));
  return out + HEAD;
}

void channel_close(struct channel* self, uint16_t code, const char* reason, size_t size) {
  tell_why(self, code, reason, size);
  size = strlen(self->reason);
  uint8_t* out = self->state == OPEN && !self->is_deaf ? reserve(self, HEAD + CODE + size) : NULL;
  self->state = CLOSING;
  if (out == NULL) {
    channel_end(self, code, "");
    return;
  }
  self->deadline = now() + LINGER_US;
  out = put_head(out, LAST_FRAME | (uint32_t)(CODE + size));
  out[0] = (uint8_t)(code >> 8);
  out[1] = (uint8_t)code;
  memcpy(out + CODE, self->reason, size);
}

static void tell_opened(struct channel* self) {
  const ar_peer_info peer = {.struct_size = sizeof peer, .address = string_of(self->address)};
  const int yes = 1;
  setsockopt(self->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  self->state = OPEN;
  self->events->opened(self->events->ctx, self->id, &peer);
}

void channel_accept(struct channel* self, int socket, const struct sockaddr_storage* address) {
  self->socket = socket;
  print_address(address, self->address);
  tell_opened(self);
}

void channel_connect(struct channel* self, const struct place* place, uint64_t timeout_us) {
  self->deadline = now() + (timeout_us < LONGEST_US ? timeout_us : LONGEST_US);
  if (place->size == 0) {
    self->hint = "write the address in numbers, like ws://192.0.2.1:8787/ws";
    channel_end(self, AR_CLOSE_ABNORMAL, "this transport does not look up names");
    return;
  }
  const struct sockaddr* const address = (const struct sockaddr*)&place->address;
  self->socket = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (self->socket < 0 || (connect(self->socket, address, place->size) != 0 && errno != EINPROGRESS)) {
    channel_end(self, AR_CLOSE_ABNORMAL, strerror(errno));
    return;
  }
  print_address(&place->address, self->address);
}

uint64_t channel_send(struct channel* self, const ar_buffer* message) {
  if (self->is_deaf || self->state >= CLOSING) return 0;
  uint8_t* const out = message->size < LAST_FRAME ? reserve(self, HEAD + message->size) : NULL;
  if (out == NULL) {
    channel_end(self, AR_CLOSE_ABNORMAL, "out of memory for a message");
    return 0;
  }
  uint8_t* const content = put_head(out, (uint32_t)message->size);
  if (message->size > 0) memcpy(content, message->data, message->size);
  const uint64_t unsent = self->out_size - self->out_sent;
  if (unsent > AR_TRANSPORT_HIGH_WATER) self->is_over_high_water = 1;
  return unsent;
}

static void tell_sent(struct channel* self) {
  self->out_size = self->out_sent = 0;
  if (self->out_capacity > KEPT_BYTES) {
    free(self->out);
    self->out = NULL;
    self->out_capacity = 0;
  }
  if (self->state == CLOSING) shutdown(self->socket, SHUT_WR); /* the other end reads all of it, then closes */
  if (self->state != OPEN || !self->is_over_high_water || self->is_deaf) return;
  self->is_over_high_water = 0;
  self->events->drained(self->events->ctx, self->id);
}

void channel_flush(struct channel* self) {
  if (self->out_size == 0 || self->state == CONNECTING || self->state == ENDED) return;
  while (self->out_sent < self->out_size) {
    const ssize_t sent = send(self->socket, self->out + self->out_sent, self->out_size - self->out_sent, MSG_NOSIGNAL);
    if (sent >= 0) {
      self->out_sent += (size_t)sent;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno != EINTR) {
      self->is_deaf = 1; /* what it has sent may tell why */
      self->out_sent = self->out_size;
    }
  }
  tell_sent(self);
}

/* 1 once all of it is there. */
static int fill(struct channel* self, uint8_t* to, size_t size, size_t* have) {
  while (*have < size) {
    const ssize_t got = recv(self->socket, to + *have, size - *have, 0);
    if (got > 0) {
      *have += (size_t)got;
    } else if (got == 0) {
      return channel_end(self, AR_CLOSE_ABNORMAL, "the other side is gone"), 0;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return 0;
    } else if (errno != EINTR) {
      return channel_end(self, AR_CLOSE_ABNORMAL, strerror(errno)), 0;
    }
  }
  return 1;
}

/* Makes room for what the head tells of, if it may be as large as that. */
static int begin_frame(struct channel* self, uint32_t size, int is_last) {
  if (is_last && (size < CODE || size > CODE + CHANNEL_MAX_REASON)) {
    return channel_end(self, AR_CLOSE_ABNORMAL, "what came is no frame of this transport"), 0;
  }
  if (!is_last && size > self->max_message) {
    static const char reason[] = "a message is too large";
    return channel_close(self, AR_CLOSE_TOO_LARGE, reason, sizeof reason - 1), 0;
  }
  self->in = malloc(size == 0 ? 1 : size);
  if (self->in == NULL) return channel_end(self, AR_CLOSE_ABNORMAL, "out of memory"), 0;
  self->in_size = size;
  self->in_have = 0;
  return 1;
}

/* Hands over one frame; 0 when there is none, or none is wanted. */
static int receive_frame(struct channel* self) {
  if (self->state != OPEN || self->is_paused) return 0;
  if (!fill(self, self->head, HEAD, &self->head_have)) return 0;
  const uint8_t* const bytes = self->head;
  const uint32_t head = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
  const int is_last = (head & LAST_FRAME) != 0;
  if (self->in == NULL && !begin_frame(self, head & ~LAST_FRAME, is_last)) return 0;
  if (!fill(self, self->in, self->in_size, &self->in_have)) return 0;

  const ar_mut_bytes frame = {self->in, self->in_size};
  self->in = NULL;
  self->head_have = 0;
  if (is_last) {
    channel_end(self, 0, "");
    tell_why(self, (uint16_t)(frame.data[0] << 8 | frame.data[1]), (const char*)frame.data + CODE, frame.size - CODE);
  } else {
    self->events->message(self->events->ctx, self->id, frame);
  }
  free(frame.data);
  return 1;
}

/* What comes while the channel is being closed is of no interest, but that it ends is. */
static void discard(struct channel* self) {
  uint8_t bytes[16384];
  for (int i = 0; i < FRAMES_AT_A_TIME; ++i) {
    const ssize_t got = recv(self->socket, bytes, sizeof bytes, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
    if (got <= 0) {
      channel_end(self, AR_CLOSE_ABNORMAL, "");
      return;
    }
  }
}

static void finish_connecting(struct channel* self) {
  int why = 0;
  socklen_t size = sizeof why;
  if (getsockopt(self->socket, SOL_SOCKET, SO_ERROR, &why, &size) != 0) why = errno;
  if (why == 0) {
    tell_opened(self);
  } else {
    channel_end(self, AR_CLOSE_ABNORMAL, strerror(why));
  }
}

void channel_serve(struct channel* self, short events) {
  if (events == 0) return;
  if (self->state == CONNECTING) {
    finish_connecting(self);
    return;
  }
  channel_flush(self);
  for (int i = 0; i < FRAMES_AT_A_TIME && receive_frame(self); ++i) continue;
  if (self->state == CLOSING) discard(self);
}

struct pollfd channel_poll(const struct channel* self) {
  struct pollfd poll = {self->socket, 0, 0};
  const int is_sending = self->state == CONNECTING || self->out_sent < self->out_size;
  const int is_reading = self->state == CLOSING || (self->state == OPEN && !self->is_paused);
  if (is_sending) poll.events |= POLLOUT;
  if (is_reading) poll.events |= POLLIN;
  if (poll.events == 0) poll.fd = -1; /* else it would tell of an error again and again */
  return poll;
}

void channel_expire(struct channel* self, uint64_t time) {
  if (self->deadline > time || (self->state != CONNECTING && self->state != CLOSING)) return;
  channel_end(self, AR_CLOSE_ABNORMAL, "no connection was made in time");
}

void channel_tell_closed(const struct channel* self) {
  const ar_close_info why = {
      .struct_size = sizeof why, .code = self->code, .reason = string_of(self->reason), .hint = string_of(self->hint)};
  self->events->closed(self->events->ctx, self->id, &why);
}
