package dev.homeport.route;

import io.grpc.CallCredentials;
import io.grpc.ChannelCredentials;
import io.grpc.ChoiceChannelCredentials;
import io.grpc.CompositeCallCredentials;
import io.grpc.CompositeChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import org.jspecify.annotations.Nullable;

/**
 * What a channel's credentials mean for the local route. Only insecure ones may go local, because TLS is
 * never silently replaced; call credentials bound to them go along.
 *
 * @param refusal why the channel must stay remote; empty if it need not
 * @param callCredentials of every call of the channel, or null
 */
public record ChannelSecurity(String refusal, @Nullable CallCredentials callCredentials) {

    /**
     * Of a builder without credentials.
     *
     * @param plaintext whether {@code usePlaintext} was called; gRPC's default is TLS
     */
    public static ChannelSecurity ofBuilder(boolean plaintext) {
        return new ChannelSecurity(plaintext ? "" : "the channel uses TLS", null);
    }

    public static ChannelSecurity of(ChannelCredentials credentials) {
        return switch (credentials) {
            case InsecureChannelCredentials insecure -> new ChannelSecurity("", null);
            case CompositeChannelCredentials composite ->
                of(composite.getChannelCredentials()).with(composite.getCallCredentials());
            // A transport takes the first choice it knows, and every transport knows the insecure one.
            case ChoiceChannelCredentials choice -> of(choice.getCredentialsList().getFirst());
            default -> new ChannelSecurity(
                    "the channel has credentials of its own: " + credentials.getClass().getSimpleName(), null);
        };
    }

    private ChannelSecurity with(CallCredentials more) {
        return new ChannelSecurity(
                refusal, callCredentials == null ? more : new CompositeCallCredentials(callCredentials, more));
    }

    boolean mayGoLocal() {
        return refusal.isEmpty();
    }
}
