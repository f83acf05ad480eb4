// Records of messages on their way out and in.
#include "agent/record_codec.hpp"
#include "agent/records.hpp"
#include "records.pb.h"

namespace agentroom::agent {

Bytes encode(const OutgoingRecord& record) {
  records::Outgoing out;
  put(out.mutable_to(), record.to.view());
  put(out.mutable_session_id(), record.session_id.view());
  put(out.mutable_msg_id(), record.msg_id.view());
  put(out.mutable_token(), record.token.view());
  out.set_url(record.url);
  put(out.mutable_envelope(), record.envelope);
  out.set_created_at(record.created_at);
  out.set_control(record.control);
  out.set_relay_urls(record.relay_urls);
  Bytes value = serialise(out);
  wipe(out.mutable_token());
  return value;
}

Result<OutgoingRecord> decode_outgoing(ByteView value) {
  records::Outgoing in;
  if (!parse(in, value)) return damaged("outbox");
  OutgoingRecord record;
  FixedReader fixed;
  fixed(in.to(), record.to);
  fixed(in.session_id(), record.session_id);
  fixed(in.msg_id(), record.msg_id);
  fixed(in.token(), record.token);
  wipe(in.mutable_token());
  if (!fixed.good()) return damaged("outbox");
  record.url = in.url();
  record.envelope = to_bytes(as_bytes(in.envelope()));
  record.created_at = in.created_at();
  record.control = in.control();
  record.relay_urls = in.relay_urls();
  return record;
}

Bytes encode(const IncomingRecord& record) {
  records::Incoming out;
  put(out.mutable_from(), record.from.view());
  put(out.mutable_msg_id(), record.msg_id.view());
  put(out.mutable_conversation_id(), record.conversation_id.view());
  if (record.in_reply_to) put(out.mutable_in_reply_to(), record.in_reply_to->view());
  out.set_hops(record.hops);
  out.set_sent_at(record.sent_at);
  out.set_attempts(record.attempts);
  out.set_text(record.text);
  Bytes value = serialise(out);
  wipe(out.mutable_text());
  return value;
}

Result<IncomingRecord> decode_incoming(ByteView value) {
  records::Incoming in;
  if (!parse(in, value)) return damaged("inbox");
  IncomingRecord record;
  FixedReader fixed;
  fixed(in.from(), record.from);
  fixed(in.msg_id(), record.msg_id);
  fixed(in.conversation_id(), record.conversation_id);
  if (!in.in_reply_to().empty()) fixed(in.in_reply_to(), record.in_reply_to.emplace());
  if (!fixed.good()) return damaged("inbox");
  record.hops = in.hops();
  record.sent_at = in.sent_at();
  record.attempts = in.attempts();
  record.text = in.text();
  wipe(in.mutable_text());
  return record;
}

Bytes encode_seen(UnixMs at) {
  records::Seen out;
  out.set_at(at);
  return serialise(out);
}

Result<UnixMs> decode_seen(ByteView value) {
  records::Seen in;
  if (!parse(in, value)) return damaged("dedupe");
  return in.at();
}

Bytes encode(const UnreadableRecord& record) {
  records::Unreadable out;
  put(out.mutable_from(), record.from.view());
  put(out.mutable_msg_id(), record.msg_id.view());
  out.set_at(record.at);
  out.set_why(record.why);
  put(out.mutable_envelope(), record.envelope);
  return serialise(out);
}

Result<UnreadableRecord> decode_unreadable(ByteView value) {
  records::Unreadable in;
  if (!parse(in, value)) return damaged("unreadable");
  UnreadableRecord record;
  FixedReader fixed;
  fixed(in.from(), record.from);
  fixed(in.msg_id(), record.msg_id);
  if (!fixed.good()) return damaged("unreadable");
  record.at = in.at();
  record.why = in.why();
  record.envelope = to_bytes(as_bytes(in.envelope()));
  return record;
}

}  // namespace agentroom::agent
