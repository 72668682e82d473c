package dev.homeport.spi;

/** How a message travels between the two processes of a connection. */
public enum Technique {
    /** In its frame, copied through the message queue. */
    QUEUE,
    /** In a block of a section that its sender wrote and the receiver reads where it is. */
    SECTION,
    /** In memory of the client, which the server reads or writes from its own process. */
    DIRECT,
    /** In its frame, which is cut into pieces that go through the queue: the last resort. */
    FRAGMENTS
}
