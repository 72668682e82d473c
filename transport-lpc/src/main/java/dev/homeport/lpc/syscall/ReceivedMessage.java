package dev.homeport.lpc.syscall;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * What {@link Messages#receive} received last; made once and used again by the thread that reads a
 * socket. Whoever received must take or close the descriptors before the next use: they are open in this process
 * from then on, asked for or not.
 */
public final class ReceivedMessage {
    /** Descriptors the kernel lets one message carry ({@code SCM_MAX_FD}). */
    public static final int MAX_DESCRIPTORS = 253;

    private static final int MSG_CTRUNC = 8;
    private static final int MSG_TRUNC = 0x20;

    private final MemorySegment header = Arena.ofAuto().allocate(MessageHeader.BYTES, 8);
    private final MemorySegment iovec = Arena.ofAuto().allocate(16, 8);
    private final MemorySegment data;
    private final MemorySegment control;
    private int lengthBytes;
    private int flags;
    private int[] descriptors = {};

    /**
     * @param dataBytes longest message; the rest of a longer packet is lost and {@link #isCut} says so
     * @param maxDescriptors room for descriptors; with {@link #MAX_DESCRIPTORS} none is lost for want of it
     */
    public ReceivedMessage(int dataBytes, int maxDescriptors) {
        data = Arena.ofAuto().allocate(dataBytes);
        control = Arena.ofAuto().allocate(MessageHeader.controlBytes(maxDescriptors), 8);
    }

    long headerAddress() {
        return header.address();
    }

    void prepare() {
        assert descriptors.length == 0 : "descriptors of the last message were not taken";
        MessageHeader.fill(header, iovec, data.address(), data.byteSize(), control);
    }

    void finish(int result) {
        lengthBytes = Math.max(0, result);
        flags = result < 0 ? 0 : header.get(JAVA_INT, MessageHeader.FLAGS);
        if (result >= 0 && header.get(JAVA_LONG, MessageHeader.CONTROL_BYTES) >= MessageHeader.CMSG_DATA) {
            readDescriptors(header.get(JAVA_LONG, MessageHeader.CONTROL_BYTES));
        }
    }

    private void readDescriptors(long controlBytes) {
        long offset = 0;
        while (offset + MessageHeader.CMSG_DATA <= controlBytes) {
            long length = control.get(JAVA_LONG, offset);
            if (length < MessageHeader.CMSG_DATA || length > controlBytes - offset) {
                return;
            }
            if (control.get(JAVA_INT, offset + 8) == Messages.SOL_SOCKET
                    && control.get(JAVA_INT, offset + 12) == Messages.SCM_RIGHTS) {
                addDescriptors(offset + MessageHeader.CMSG_DATA, (int) (length - MessageHeader.CMSG_DATA) / 4);
            }
            offset += length + 7 & ~7L;
        }
    }

    private void addDescriptors(long offset, int count) {
        int old = descriptors.length;
        descriptors = Arrays.copyOf(descriptors, old + count);
        for (int i = 0; i < count; i++) {
            descriptors[old + i] = control.get(JAVA_INT, offset + 4L * i);
        }
    }

    /** Whether bytes or descriptors were lost for want of room, or of descriptors in this process. */
    public boolean isCut() {
        return (flags & (MSG_CTRUNC | MSG_TRUNC)) != 0;
    }

    public int lengthBytes() {
        return lengthBytes;
    }

    public int descriptorCount() {
        return descriptors.length;
    }

    /** Copies the bytes out. */
    public void copyTo(byte[] target, int offset) {
        MemorySegment.copy(data, 0, MemorySegment.ofArray(target), offset, lengthBytes);
    }

    /** Hands over the descriptors; they are the caller's to close. */
    public int[] takeDescriptors() {
        int[] taken = descriptors;
        descriptors = new int[0];
        return taken;
    }

    /** Closes the descriptors. */
    public void closeDescriptors() {
        for (int descriptor : takeDescriptors()) {
            Descriptors.close(descriptor);
        }
    }
}
