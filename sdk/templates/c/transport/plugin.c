/* A transport over TCP.
 *
 * It is a beginning. Both ends need this plugin, as nobody else speaks its frames (channel.h): the relay's plain HTTP
 * requests, such as /health, are not answered, and a tunnel for HTTP does not carry it. It does not encrypt: the core
 * boxes what a link carries before it comes here. Names are not looked up. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "agentroom/abi/entry.h"
#include "agentroom/abi/transport.h"
#include "channel.h"

AR_EXPORT const ar_plugin* agentroom_plugin_entry(void);

enum { ACCEPTED_AT_A_TIME = 64, WAKE = 0, LISTENER = 1, CHANNELS = 2 };
static const uint64_t SECOND = 1000000u, LONGEST_WAIT = 3600u * 1000000u; /* microseconds */

struct ar_transport {
  const ar_host* host;
  int wake;
  int listener; /* -1: none */
  const ar_channel_events* accept_events;
  uint64_t accept_max_message;
  uint64_t accept_at; /* no earlier, after there were no descriptors left */
  ar_channel last_id;
  struct channel** channels; /* in the order of their ids; removed at the end of a turn only */
  struct pollfd* polls;      /* WAKE, LISTENER, and one for each channel */
  size_t count, capacity;
};

static ar_status fail(ar_error* error, ar_status status, const char* format, ...) __attribute__((format(printf, 3, 4)));
static ar_status fail(ar_error* error, ar_status status, const char* format, ...) {
  if (error == NULL) return status;
  error->status = status;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  return status;
}

/* NULL: there is no memory. */
static struct channel* add_channel(ar_transport* self, const ar_channel_events* events, uint64_t max_message) {
  if (self->count == self->capacity) {
    const size_t capacity = self->capacity * 2 + 8;
    struct channel** const channels = realloc(self->channels, capacity * sizeof *channels);
    if (channels != NULL) self->channels = channels;
    struct pollfd* const polls = realloc(self->polls, (CHANNELS + capacity) * sizeof *polls);
    if (polls != NULL) self->polls = polls;
    if (channels == NULL || polls == NULL) return NULL;
    self->capacity = capacity;
  }
  struct channel* const channel = channel_new(self->last_id + 1, events, max_message);
  if (channel == NULL) return NULL;
  ++self->last_id;
  self->channels[self->count++] = channel;
  return channel;
}

/* One that is connecting or open, or NULL. */
static struct channel* find(const ar_transport* self, ar_channel id) {
  size_t from = 0;
  for (size_t to = self->count; from < to;) {
    const size_t middle = from + (to - from) / 2;
    if (self->channels[middle]->id < id) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  if (from == self->count || self->channels[from]->id != id) return NULL;
  return self->channels[from]->state < CLOSING ? self->channels[from] : NULL;
}

/* ---- A turn ---- */

static void accept_all(ar_transport* self) {
  for (int i = 0; i < ACCEPTED_AT_A_TIME && self->listener >= 0; ++i) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    const int accepted = accept4(self->listener, (struct sockaddr*)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (accepted < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
    struct channel* const channel =
        accepted < 0 ? NULL : add_channel(self, self->accept_events, self->accept_max_message);
    if (channel == NULL) {
      if (accepted >= 0) close(accepted);
      self->host->log(self->host->ctx, AR_LOG_WARN, string_of("cannot accept a connection; waits for a second"));
      self->accept_at = now() + SECOND;
      return;
    }
    channel_accept(channel, accepted, &address);
  }
}

/* Waits until something has happened, which is in `polls` then. The number of channels that it waited for. */
static size_t wait_for_events(ar_transport* self, uint64_t timeout) {
  const uint64_t time = now();
  uint64_t until = time + (timeout < LONGEST_WAIT ? timeout : LONGEST_WAIT);
  const int is_accepting = self->listener >= 0 && time >= self->accept_at;
  if (self->listener >= 0 && !is_accepting && self->accept_at < until) until = self->accept_at;
  self->polls[WAKE] = (struct pollfd){self->wake, POLLIN, 0};
  self->polls[LISTENER] = (struct pollfd){is_accepting ? self->listener : -1, POLLIN, 0};
  for (size_t i = 0; i < self->count; ++i) {
    const struct channel* const channel = self->channels[i];
    self->polls[CHANNELS + i] = channel_poll(channel);
    if (channel->state == ENDED) until = time;
    if ((channel->state == CONNECTING || channel->state == CLOSING) && channel->deadline < until) {
      until = channel->deadline > time ? channel->deadline : time;
    }
  }
  const uint64_t wait = until - time;
  const struct timespec limit = {(time_t)(wait / SECOND), (long)(wait % SECOND * 1000)};
  ppoll(self->polls, CHANNELS + self->count, &limit, NULL);
  return self->count;
}

/* Takes out those that have ended before it tells of them: the host may call every method meanwhile. */
static void tell_ended(ar_transport* self) {
  struct channel* ended = NULL;
  struct channel** last = &ended;
  size_t kept = 0;
  for (size_t i = 0; i < self->count; ++i) {
    struct channel* const channel = self->channels[i];
    if (channel->state != ENDED) {
      self->channels[kept++] = channel;
    } else {
      *last = channel;
      last = &channel->next;
    }
  }
  self->count = kept;
  while (ended != NULL) {
    struct channel* const channel = ended;
    ended = channel->next;
    channel_tell_closed(channel);
    channel_free(channel);
  }
}

static void turn(ar_transport* self, uint64_t timeout_us) {
  for (size_t i = 0; i < self->count; ++i) channel_flush(self->channels[i]);
  const size_t count = wait_for_events(self, timeout_us);
  if (self->polls[WAKE].revents != 0) {
    uint64_t wakes;
    const ssize_t got = read(self->wake, &wakes, sizeof wakes);
    (void)got; /* how many there were is of no interest */
  }
  for (size_t i = 0; i < count; ++i) channel_serve(self->channels[i], self->polls[CHANNELS + i].revents);
  if (self->polls[LISTENER].revents != 0) accept_all(self);
  const uint64_t time = now();
  for (size_t i = 0; i < self->count; ++i) channel_expire(self->channels[i], time);
  tell_ended(self);
}

/* ---- The interface ---- */

static int is_blank(ar_string text) {
  for (size_t i = 0; i < text.size; ++i) {
    if (memchr(" \t\r\n", text.data[i], 4) == NULL) return 0;
  }
  return 1;
}

static ar_status open_transport(const ar_host* host, const ar_transport_open_params* params, ar_transport** out,
                                ar_error* error) {
  if (!is_blank(params->config)) return fail(error, AR_INVALID, "there are no keys; expected an empty table");
  ar_transport* const self = calloc(1, sizeof *self);
  struct pollfd* const polls = malloc(CHANNELS * sizeof *polls);
  const int wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (self == NULL || polls == NULL || wake < 0) {
    if (wake >= 0) close(wake);
    free(polls);
    free(self);
    return fail(error, AR_INTERNAL, "out of memory or descriptors");
  }
  self->host = host;
  self->wake = wake;
  self->listener = -1;
  self->polls = polls;
  *out = self;
  return AR_OK;
}

static void stop_listening(ar_transport* self) {
  if (self->listener >= 0) close(self->listener);
  self->listener = -1;
}

static void close_transport(ar_transport* self) {
  stop_listening(self);
  for (size_t i = 0; i < self->count; ++i) channel_free(self->channels[i]);
  free(self->channels);
  free(self->polls);
  close(self->wake);
  free(self);
}

static ar_status fail_to_listen(ar_error* error, ar_string at) {
  const int why = errno;
  const ar_status status = why == EADDRINUSE                             ? AR_IN_USE
                           : why == EACCES                               ? AR_PERMISSION
                           : why == EADDRNOTAVAIL || why == EAFNOSUPPORT ? AR_INVALID
                                                                         : AR_IO;
  return fail(error, status, "cannot listen on %.*s: %s", (int)at.size, at.data, strerror(why));
}

static int bind_to(int file, const struct place* place) {
  const int yes = 1;
  return setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
         bind(file, (const struct sockaddr*)&place->address, place->size) == 0 && listen(file, SOMAXCONN) == 0;
}

static ar_status listen_on(ar_transport* self, const ar_listen_params* params, ar_listening* out, ar_error* error) {
  const ar_string at = params->address;
  struct place place;
  if (!parse_place(at.data, at.size, "", &place) || place.size == 0) {
    return fail(error, AR_INVALID, "expected an address to listen on, like 127.0.0.1:8787 or [::1]:8787");
  }
  if (self->listener >= 0) return fail(error, AR_IN_USE, "there can be one listener, and it listens already");
  const int file = socket(place.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (file < 0 || !bind_to(file, &place)) {
    const ar_status status = fail_to_listen(error, at);
    if (file >= 0) close(file);
    return status;
  }
  self->listener = file;
  self->accept_at = 0;
  self->accept_events = params->events;
  self->accept_max_message = params->max_message;
  out->port = port_of(file);
  out->scheme = string_of("ws"); /* what the host expects of a transport without TLS */
  return AR_OK;
}

static ar_status connect_to(ar_transport* self, const ar_connect_params* params, ar_channel* out, ar_error* error) {
  static const char scheme[] = "ws://";
  const size_t skip = sizeof scheme - 1;
  const ar_string url = params->url;
  if (url.size < skip || memcmp(url.data, scheme, skip) != 0) {
    return fail(error, AR_UNSUPPORTED, "expected a URL that begins with %s, the only scheme of this transport", scheme);
  }
  size_t size = 0; /* of host and port; what follows is of no interest */
  while (skip + size < url.size && memchr("/?#", url.data[skip + size], 3) == NULL) ++size;
  struct place place;
  if (!parse_place(url.data + skip, size, "80", &place)) {
    return fail(error, AR_INVALID, "expected a URL with host and port, like ws://127.0.0.1:8787/ws");
  }
  struct channel* const channel = add_channel(self, params->events, params->max_message);
  if (channel == NULL) return fail(error, AR_INTERNAL, "out of memory");
  channel_connect(channel, &place, params->timeout_us);
  *out = channel->id;
  return AR_OK;
}

static uint64_t send_message(ar_transport* self, ar_channel id, ar_buffer* message) {
  struct channel* const channel = find(self, id);
  const uint64_t unsent = channel == NULL ? 0 : channel_send(channel, message);
  message->release(message);
  return unsent;
}

static void pause_channel(ar_transport* self, ar_channel id) {
  struct channel* const channel = find(self, id);
  if (channel != NULL) channel->is_paused = 1;
}

static void resume_channel(ar_transport* self, ar_channel id) {
  struct channel* const channel = find(self, id);
  if (channel != NULL) channel->is_paused = 0;
}

static void close_channel(ar_transport* self, ar_channel id, uint16_t code, ar_string reason) {
  struct channel* const channel = find(self, id);
  if (channel != NULL) channel_close(channel, code, reason.data, reason.size);
}

/* From any thread: it touches nothing else. */
static void wake(ar_transport* self) {
  const uint64_t one = 1;
  const ssize_t written = write(self->wake, &one, sizeof one);
  (void)written; /* it fails only where many wakes are waiting already */
}

static ar_status reload(ar_transport* self, ar_error* error) {
  (void)self, (void)error; /* there are no files to be read again */
  return AR_OK;
}

static const ar_transport_interface transport = {
    .struct_size = sizeof transport,
    .open = open_transport,
    .close = close_transport,
    .listen = listen_on,
    .stop_listening = stop_listening,
    .connect = connect_to,
    .send = send_message,
    .pause = pause_channel,
    .resume = resume_channel,
    .close_channel = close_channel,
    .turn = turn,
    .wake = wake,
    .reload = reload,
};

static ar_status init(const ar_host* host, ar_error* error) {
  (void)host, (void)error;
  return AR_OK;
}

static const void* get_interface(const char* name) {
  return strcmp(name, AR_INTERFACE_TRANSPORT) == 0 ? &transport : NULL;
}

static void deinit(void) {}

static const ar_plugin plugin = {
    .struct_size = sizeof plugin,
    .abi_major = AR_ABI_MAJOR,
    .abi_minor = AR_ABI_MINOR,
    .id = "@ID@",
    .version = "0.1.0",
    .kinds = "transport",
    .init = init,
    .get_interface = get_interface,
    .deinit = deinit,
};

const ar_plugin* agentroom_plugin_entry(void) {
  return &plugin;
}
