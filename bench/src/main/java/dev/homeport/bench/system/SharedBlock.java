package dev.homeport.bench.system;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A memory file that two processes map: the same kind of memory that carries Homeport's frames, with nothing
 * around it. One page of words, 128 bytes apart, then one area for each direction. The process that creates it
 * must outlive the other's mapping of it; it is never unmapped.
 */
public final class SharedBlock {
    /** int32 written by the client: how the server waits, or that it has nothing to do. */
    public static final int MODE = 0;
    /** int32 written by the client: number of the request. */
    public static final int REQUEST = 128;
    /** int32 written by the server: number of the request it has answered. */
    public static final int REPLY = 256;
    /** int32 written by the client: bytes in the request. */
    public static final int LENGTH = 384;

    private static final int HEADER_BYTES = 4096;
    /** Largest payload; pages that are never touched cost nothing. */
    public static final int AREA_BYTES = 128 * 1024 * 1024;
    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

    private final MemorySegment memory;
    private final String path;

    private SharedBlock(MemorySegment memory, String path) {
        this.memory = memory;
        this.path = path;
    }

    /** A new one; the other process finds it by {@link #path}. */
    public static SharedBlock create() throws IOException {
        int descriptor = Libc.memfd("homeport-bench-limit");
        return open("/proc/" + ProcessHandle.current().pid() + "/fd/" + descriptor);
    }

    /** That of another process. */
    public static SharedBlock open(String path) throws IOException {
        try (FileChannel file =
                FileChannel.open(Path.of(path), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MemorySegment memory = file.map(
                    FileChannel.MapMode.READ_WRITE, 0, HEADER_BYTES + 2L * AREA_BYTES, Arena.global());
            return new SharedBlock(memory, path);
        }
    }

    public String path() {
        return path;
    }

    /** Where the client writes. */
    public MemorySegment requests() {
        return memory.asSlice(HEADER_BYTES, AREA_BYTES);
    }

    /** Where the server writes. */
    public MemorySegment replies() {
        return memory.asSlice(HEADER_BYTES + (long) AREA_BYTES, AREA_BYTES);
    }

    public int getAcquire(int word) {
        return (int) INT.getAcquire(memory, (long) word);
    }

    public void setRelease(int word, int value) {
        INT.setRelease(memory, (long) word, value);
    }

    /** Sleeps while the word is as expected; may return early. */
    public void sleep(int word, int expected) {
        Libc.futexWait(memory.address() + word, expected);
    }

    /** Wakes who sleeps on the word. */
    public void wake(int word) {
        Libc.futexWake(memory.address() + word);
    }
}
