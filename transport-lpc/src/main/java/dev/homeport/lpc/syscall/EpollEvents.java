package dev.homeport.lpc.syscall;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Room for the events of one {@link Epoll#await}; made once by the thread that waits and used again.
 * {@code struct epoll_event} is packed to 12 bytes on x86-64 alone; elsewhere it has 16 with the data at 8.
 */
public final class EpollEvents {
    private static final int EVENT_BYTES = SyscallNumbers.isX86() ? 12 : 16;
    private static final int DATA = SyscallNumbers.isX86() ? 4 : 8;

    private final MemorySegment memory;
    private final int capacity;

    /** @param capacity most events of one wait */
    public EpollEvents(int capacity) {
        this.capacity = capacity;
        memory = Arena.ofAuto().allocate((long) EVENT_BYTES * capacity, 8);
    }

    static void putData(Scratch scratch, long data) {
        scratch.memory.set(ValueLayout.JAVA_LONG_UNALIGNED, Scratch.ARGUMENTS + DATA, data);
    }

    long address() {
        return memory.address();
    }

    public int capacity() {
        return capacity;
    }

    /** What happened, as the constants of {@link Epoll}. */
    public int events(int index) {
        return memory.get(ValueLayout.JAVA_INT_UNALIGNED, (long) index * EVENT_BYTES);
    }

    /** What was given when the descriptor was added. */
    public long data(int index) {
        return memory.get(ValueLayout.JAVA_LONG_UNALIGNED, (long) index * EVENT_BYTES + DATA);
    }
}
