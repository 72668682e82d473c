package dev.homeport.call;

import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.Executor;

/**
 * The way back to a caller, for a handler. Unlike the channels of {@code route} nothing stands above it that applies
 * the credentials of a call, so it does so itself. Any thread.
 */
public final class CallbackChannel extends Channel {
    private static final Status TOO_MANY = Status.RESOURCE_EXHAUSTED.withDescription(
            "too many open callbacks at one client: max=" + CallLimits.MAX_OPEN_CALLBACKS);

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
        Executor named = options.getExecutor();
        Executor executor = named != null ? named : CommonExecutor.INSTANCE;
        if (connection.openCalls() >= CallLimits.MAX_OPEN_CALLBACKS) {
            return new EndedCall<>(TOO_MANY, executor);
        }
        CallCredentials credentials = options.getCredentials();
        if (credentials == null) {
            return connection.newCall(method, options);
        }
        CredentialedCall.Request request = new CredentialedCall.Request(
                method, options, authority, connection.securityLevel(), connection.attributes());
        return new CredentialedCall<>(credentials, request, executor, () -> connection.newCall(method, options));
    }
}
