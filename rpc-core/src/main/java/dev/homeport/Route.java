package dev.homeport;

import io.grpc.Attributes;
import io.grpc.Channel;
import org.jspecify.annotations.Nullable;

/**
 * The choice between local and remote, with its reason. Every call carries one in its attributes, on both
 * sides; a channel of Homeport tells the one that its next call would take.
 *
 * @param kind which way
 * @param port name of the connection port; null on the remote route
 * @param reason why this way, in words for a person
 */
public record Route(Kind kind, @Nullable String port, String reason) {

    /** The two ways. */
    public enum Kind {
        LOCAL,
        REMOTE
    }

    /** Key of the route in the attributes of a {@code ClientCall} or {@code ServerCall}. */
    public static final Attributes.Key<Route> ATTRIBUTE = Attributes.Key.create("dev.homeport.Route");

    /** Something that knows its route: channels of Homeport do. */
    public interface Known {
        /** The route that the next call would take, as far as is known now. */
        Route route();
    }

    public static Route local(String port, String reason) {
        return new Route(Kind.LOCAL, port, reason);
    }

    public static Route remote(String reason) {
        return new Route(Kind.REMOTE, null, reason);
    }

    /**
     * The route that the next call on this channel would take.
     *
     * @return null if the channel is not Homeport's, or is wrapped by an interceptor outside its builder
     */
    public static @Nullable Route of(Channel channel) {
        return channel instanceof Known known ? known.route() : null;
    }

    public boolean isLocal() {
        return kind == Kind.LOCAL;
    }

    @Override
    public String toString() {
        return isLocal() ? "local by " + port + " (" + reason + ")" : "remote (" + reason + ")";
    }
}
