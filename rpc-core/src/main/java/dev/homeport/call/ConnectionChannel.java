package dev.homeport.call;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;

/** A connection as a channel, for interceptors. Credentials are applied by who is above it. */
public final class ConnectionChannel extends Channel {
    private final Connection connection;
    private final String authority;

    public ConnectionChannel(Connection connection, String authority) {
        this.connection = connection;
        this.authority = authority;
    }

    @Override
    public String authority() {
        return authority;
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
        return connection.newCall(method, options);
    }
}
