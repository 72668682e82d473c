package dev.homeport.lpc.port;

/** Takes the connections of a published port. Called by the set-up thread; must not block. */
@FunctionalInterface
public interface EndpointAcceptor {

    /** A client is connected. The endpoint is the callee's, unless this throws: then the caller closes it. */
    void accept(Endpoint endpoint);

    /** Another process has taken over the port, and this one is to end in good order. */
    default void superseded() {}
}
