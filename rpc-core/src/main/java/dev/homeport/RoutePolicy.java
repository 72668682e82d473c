package dev.homeport;

/** Which ways the calls of a target or a service may take. */
public enum RoutePolicy {
    /** The local route when the target is proved to be this host's server, the remote route otherwise. */
    AUTO,
    /** The local route or none: calls fail UNAVAILABLE with the reason, or wait if they are wait-for-ready. */
    LOCAL,
    /** The remote route; nothing local is looked for, and a server publishes nothing. */
    REMOTE
}
