// The sockets of this transport, with the executor's concrete type.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace agentroom::ws {

using Tcp = boost::asio::ip::tcp;
using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<Tcp, Executor>;
using Acceptor = boost::asio::basic_socket_acceptor<Tcp, Executor>;
using Resolver = boost::asio::ip::basic_resolver<Tcp, Executor>;
using ErrorCode = boost::system::error_code;

}  // namespace agentroom::ws
