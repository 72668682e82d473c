package dev.homeport.bench.rival;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads every byte of a payload, in the same way for every rival: as longs where there are eight bytes left. A
 * benchmark that leaves payloads untouched measures who can avoid to deliver them.
 */
public final class Reading extends ByteOutput {
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    /** No payload of ours has this sum; comparing with it keeps the compiler from leaving the reading out. */
    private static final long IMPOSSIBLE = 0x5ca1ab1edeadbeefL;

    private long sum;

    private Reading() {}

    /** The sum of a payload that is in one array. */
    public static long sum(byte[] bytes) {
        return checked(sum(bytes, 0, bytes.length));
    }

    /** The sum of a payload, in whichever pieces it is; the same as for one array if pieces end at longs. */
    public static long sum(ByteString bytes) {
        Reading reading = new Reading();
        try {
            UnsafeByteOperations.unsafeWriteTo(bytes, reading);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return checked(reading.sum);
    }

    private static long checked(long sum) {
        if (sum == IMPOSSIBLE) {
            throw new IllegalStateException("impossible sum");
        }
        return sum;
    }

    private static long sum(byte[] bytes, int from, int length) {
        long sum = 0;
        int at = from;
        int end = from + length;
        for (; at + Long.BYTES <= end; at += Long.BYTES) {
            sum += (long) LONG.get(bytes, at);
        }
        for (; at < end; at++) {
            sum += bytes[at];
        }
        return sum;
    }

    @Override
    public void write(byte value) {
        sum += value;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        sum += sum(bytes, offset, length);
    }

    @Override
    public void writeLazy(byte[] bytes, int offset, int length) {
        sum += sum(bytes, offset, length);
    }

    @Override
    public void write(ByteBuffer bytes) {
        ByteBuffer little = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        int at = 0;
        for (; at + Long.BYTES <= little.limit(); at += Long.BYTES) {
            sum += little.getLong(at);
        }
        for (; at < little.limit(); at++) {
            sum += little.get(at);
        }
    }

    @Override
    public void writeLazy(ByteBuffer bytes) {
        write(bytes);
    }
}
