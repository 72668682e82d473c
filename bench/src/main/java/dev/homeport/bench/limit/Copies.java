package dev.homeport.bench.limit;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.homeport.bench.rival.Reading;
import dev.homeport.bench.system.SharedBlock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;

/**
 * The copies that an echo cannot avoid, by one thread and without handing over: array to shared memory, to a fresh
 * array, read, and the same back.
 */
final class Copies implements Echo {
    private final MemorySegment requests;
    private final MemorySegment replies;

    Copies() {
        try {
            SharedBlock block = SharedBlock.create();
            this.requests = block.requests();
            this.replies = block.replies();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void call(byte[] payload) {
        byte[] request = through(requests, payload);
        through(replies, request);
    }

    private static byte[] through(MemorySegment shared, byte[] bytes) {
        MemorySegment.copy(bytes, 0, shared, JAVA_BYTE, 0, bytes.length);
        byte[] arrived = new byte[bytes.length];
        MemorySegment.copy(shared, JAVA_BYTE, 0, arrived, 0, arrived.length);
        Reading.sum(arrived);
        return arrived;
    }
}
