package dev.homeport.call;

import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import java.util.concurrent.Executor;

/**
 * The way back to a caller, for a handler. Unlike the channels of {@code route} nothing stands above it that applies
 * the credentials of a call, so it does so itself. Any thread.
 */
public final class CallbackChannel extends Channel {
    private final Connection connection;
    private final String authority;

    public CallbackChannel(Connection connection, String authority) {
        this.connection = connection;
        this.authority = authority;
    }

    @Override
    public String authority() {
        return authority;
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
        CallCredentials credentials = options.getCredentials();
        if (credentials == null) {
            return connection.newCall(method, options);
        }
        CredentialedCall.Request request = new CredentialedCall.Request(
                method, options, authority, connection.securityLevel(), connection.attributes());
        Executor named = options.getExecutor();
        return new CredentialedCall<>(
                credentials,
                request,
                named != null ? named : CommonExecutor.INSTANCE,
                () -> connection.newCall(method, options));
    }
}
