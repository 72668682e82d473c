package dev.homeport.testkit;

import io.grpc.CallCredentials;
import io.grpc.Metadata;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Credentials of calls that do what a test says, and what the first of them was told about its call. Thread-safe. */
public final class CredentialsProbe {
    /** Where {@link #token} stands. */
    public static final Metadata.Key<String> TOKEN =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private final CompletableFuture<CallCredentials.RequestInfo> info = new CompletableFuture<>();

    /** Credentials that do so when a call asks for them. */
    public CallCredentials that(Consumer<CallCredentials.MetadataApplier> apply) {
        return new CallCredentials() {
            @Override
            public void applyRequestMetadata(RequestInfo request, Executor executor, MetadataApplier applier) {
                info.complete(request);
                apply.accept(applier);
            }
        };
    }

    /** Metadata for an applier. */
    public static Metadata token(String value) {
        Metadata metadata = new Metadata();
        metadata.put(TOKEN, value);
        return metadata;
    }

    /** What they were told when they were first asked. */
    public CallCredentials.RequestInfo awaitInfo() {
        return Wait.get(info);
    }
}
