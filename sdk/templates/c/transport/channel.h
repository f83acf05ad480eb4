/* One end of a connection.
 *
 *   frame  4 bytes, big-endian: its size, the highest bit set in the last one; then a message or, in the last one, the
 *          code (2 bytes) and the reason of the end */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <netinet/in.h>
#include <poll.h>

#include "address.h"
#include "agentroom/abi/transport.h"

enum { CHANNEL_MAX_REASON = 120 };

/* CONNECTING --> OPEN --> CLOSING: sends the rest, then waits for the other end --> ENDED: `closed` is due */
enum channel_state { CONNECTING, OPEN, CLOSING, ENDED };

struct channel {
  ar_channel id;
  enum channel_state state;
  int socket;
  const ar_channel_events* events;
  uint64_t max_message;
  uint64_t deadline;              /* while CONNECTING or CLOSING */
  char address[INET6_ADDRSTRLEN]; /* of the other end */
  int is_paused;
  int is_over_high_water;
  int is_deaf; /* the other end takes nothing more; what it has sent is still read */
  uint8_t head[4];
  size_t head_have;
  uint8_t* in; /* the frame that is being read, once its head is there */
  size_t in_size, in_have;
  uint8_t* out;
  size_t out_size, out_sent, out_capacity;
  uint16_t code; /* why it ended */
  char reason[CHANNEL_MAX_REASON + 1];
  const char* hint;
  struct channel* next; /* in a list of those that have ended */
};

/* Microseconds since some moment. */
uint64_t now(void);

ar_string string_of(const char* text);

/* NULL: there is no memory. */
struct channel* channel_new(ar_channel id, const ar_channel_events* events, uint64_t max_message);
void channel_free(struct channel* self);

/* The outcome is told in a later turn, a failure too. */
void channel_connect(struct channel* self, const struct place* place, uint64_t timeout_us);

/* Takes over a socket that was accepted, and tells `opened`. */
void channel_accept(struct channel* self, int socket, const struct sockaddr_storage* address);

/* Queues a copy; the bytes that wait, 0 when the channel is deaf or has ended. */
uint64_t channel_send(struct channel* self, const ar_buffer* message);

/* Queues the last frame. What comes from now on is dropped. */
void channel_close(struct channel* self, uint16_t code, const char* reason, size_t size);

/* At once. A channel that was closed here keeps its own code. */
void channel_end(struct channel* self, uint16_t code, const char* reason);

/* What it waits for; no descriptor when that is nothing. */
struct pollfd channel_poll(const struct channel* self);

void channel_flush(struct channel* self);

/* Does what can be done after `events` of poll(2), and calls back. */
void channel_serve(struct channel* self, short events);

/* Ends what has taken too long. */
void channel_expire(struct channel* self, uint64_t time);

void channel_tell_closed(const struct channel* self);

#endif
