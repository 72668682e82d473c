package dev.homeport.call;

import io.grpc.Attributes;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * A call of a connection that starts only when its {@link CallCredentials} have added their headers, or ends with
 * the status they fail with. gRPC does this inside its channels; on the local route, and for callbacks, it is done
 * here. Used like any call; the credentials may answer from any thread.
 */
public final class CredentialedCall<Q, R> extends ForwardingClientCall<Q, R> {

    /** What credentials are told of a call. */
    public static final class Request extends CallCredentials.RequestInfo {
        private final MethodDescriptor<?, ?> method;
        private final CallOptions options;
        private final String authority;
        private final SecurityLevel securityLevel;
        private final Attributes attributes;

        /**
         * @param authority of the channel; that of the options comes before it
         * @param securityLevel of the connection
         */
        public Request(
                MethodDescriptor<?, ?> method,
                CallOptions options,
                String authority,
                SecurityLevel securityLevel,
                Attributes attributes) {
            this.method = method;
            this.options = options;
            this.authority = options.getAuthority() != null ? options.getAuthority() : authority;
            this.securityLevel = securityLevel;
            this.attributes = attributes;
        }

        @Override
        public MethodDescriptor<?, ?> getMethodDescriptor() {
            return method;
        }

        @Override
        public CallOptions getCallOptions() {
            return options;
        }

        @Override
        public SecurityLevel getSecurityLevel() {
            return securityLevel;
        }

        @Override
        public String getAuthority() {
            return authority;
        }

        @Override
        public Attributes getTransportAttrs() {
            return attributes;
        }
    }

    private final CallCredentials credentials;
    private final Request request;
    private final Executor executor;
    private final Supplier<ClientCall<Q, R>> real;
    private final DeferredCall<Q, R> deferred;

    /**
     * @param executor of the call's listener; credentials may run tasks on it, too
     * @param real makes the call, once the credentials have been applied
     */
    public CredentialedCall(
            CallCredentials credentials, Request request, Executor executor, Supplier<ClientCall<Q, R>> real) {
        this.credentials = credentials;
        this.request = request;
        this.executor = executor;
        this.real = real;
        this.deferred = new DeferredCall<>(executor, CommonExecutor.INSTANCE, () -> {});
    }

    @Override
    protected ClientCall<Q, R> delegate() {
        return deferred;
    }

    @Override
    public void start(Listener<R> listener, Metadata headers) {
        deferred.watchDeadline(CallDeadlines.of(request.getCallOptions()), "call credentials");
        deferred.start(listener, headers);
        Applier applier = new Applier(headers);
        try {
            credentials.applyRequestMetadata(request, executor, applier);
        } catch (RuntimeException e) {
            applier.refuse(Status.UNAUTHENTICATED
                    .withDescription("Credentials should use fail() instead of throwing exceptions")
                    .withCause(e));
        }
    }

    private final class Applier extends CallCredentials.MetadataApplier {
        private final Metadata headers;
        private final AtomicBoolean answered = new AtomicBoolean();

        Applier(Metadata headers) {
            this.headers = headers;
        }

        @Override
        public void apply(Metadata more) {
            answer();
            headers.merge(more);
            deferred.proceedHere(real);
        }

        @Override
        public void fail(Status status) {
            if (status.isOk()) {
                throw new IllegalArgumentException("Cannot fail with OK status");
            }
            answer();
            deferred.end(asOfCredentials(status));
        }

        /** What only a server may answer is no status of credentials: gRPC makes the same of it. */
        private static Status asOfCredentials(Status status) {
            return switch (status.getCode()) {
                case INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, DATA_LOSS ->
                    Status.INTERNAL
                            .withDescription("Inappropriate status code from control plane: " + status.getCode() + " "
                                    + status.getDescription())
                            .withCause(status.getCause());
                default -> status;
            };
        }

        private void answer() {
            if (!answered.compareAndSet(false, true)) {
                throw new IllegalStateException("apply() or fail() already called");
            }
        }

        /** Like {@link #fail}, for credentials that threw after they had answered, too. */
        private void refuse(Status status) {
            if (answered.compareAndSet(false, true)) {
                deferred.end(status);
            }
        }
    }
}
