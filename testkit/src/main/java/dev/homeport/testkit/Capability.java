package dev.homeport.testkit;

/** What not every transport has. A test that needs one is skipped where it is missing. */
public enum Capability {
    /** Messages over the inbound limit are refused. The in-process transport never measures them. */
    MESSAGE_LIMITS,
    /** Stream tracers are told the sizes of messages. */
    MESSAGE_SIZES,
    /** The address of the peer is an {@link java.net.InetSocketAddress}, and the server has a port. */
    SOCKET_ADDRESSES,
    /** Metadata over 8 KiB is refused without any setting. */
    DEFAULT_METADATA_LIMIT,
    /** Nobody else can read what travels: the security level is PRIVACY_AND_INTEGRITY. */
    CONFIDENTIAL
}
