package dev.homeport.call;

import org.jspecify.annotations.Nullable;

/** A call of this side in which the peer may call back. Any thread asks. */
public interface EnclosingCall {

    /** Calls around this one that wait for it. */
    int depth();

    /** What runs callbacks made in this call now: its waiting caller; null if none waits. */
    @Nullable NestedCallbacks nested();

    /** Calls that did not go through the connection on which the peer calls back, by the number it was told. */
    @FunctionalInterface
    interface Table {
        /** Nothing encloses what the peer starts. */
        Table NONE = number -> null;

        /** The open call of that number, which comes from the peer; null if there is none. */
        @Nullable EnclosingCall get(int number);
    }
}
