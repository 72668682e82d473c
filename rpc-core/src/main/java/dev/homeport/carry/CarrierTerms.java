package dev.homeport.carry;

import dev.homeport.call.CallWindow;
import dev.homeport.idl.v1.CarrierOpen;
import dev.homeport.idl.v1.CarrierReady;
import dev.homeport.spi.LocalTransport.Setup;
import org.jspecify.annotations.Nullable;

/** What the two sides of a carrying stream say of themselves before the first frame, and what may be said. */
final class CarrierTerms {
    /** Of the frame protocol. */
    static final int VERSION = 1;

    private static final int MAX_NAME_CHARS = 256;

    private CarrierTerms() {}

    static CarrierOpen open(int maxMetadataBytes) {
        return CarrierOpen.newBuilder()
                .setMinVersion(VERSION)
                .setMaxVersion(VERSION)
                .setClientName("process " + ProcessHandle.current().pid())
                .setMaxMetadataBytes(maxMetadataBytes)
                .setWindowBytes(CallWindow.BYTES)
                .setMaxFrameBytes(CarrierPort.MAX_FRAME_BYTES)
                .build();
    }

    /** Why a server does not take this; null if it does. */
    static @Nullable String refusal(CarrierOpen open) {
        if (open.getMinVersion() > VERSION || open.getMaxVersion() < VERSION) {
            return "no version in common: client=" + open.getMinVersion() + ".." + open.getMaxVersion()
                    + ", server=" + VERSION;
        }
        return numbersRefusal(open.getMaxFrameBytes(), open.getWindowBytes(), open.getMaxMetadataBytes());
    }

    /** Why a client does not take this; null if it does. */
    static @Nullable String refusal(CarrierReady ready) {
        if (ready.getVersion() != VERSION) {
            return "version not asked for: version=" + ready.getVersion();
        }
        return numbersRefusal(ready.getMaxFrameBytes(), ready.getWindowBytes(), ready.getMaxMetadataBytes());
    }

    private static @Nullable String numbersRefusal(int frameBytes, int windowBytes, int metadataBytes) {
        return frameBytes < CarrierPort.MIN_FRAME_BYTES || windowBytes <= 0 || metadataBytes < 0
                ? "out of bounds: frameBytes=" + frameBytes + ", windowBytes=" + windowBytes
                        + ", metadataBytes=" + metadataBytes
                : null;
    }

    /** What was said, as the engine takes it. */
    static Setup setup(String name, int maxMetadataBytes, int windowBytes) {
        String shown = name.length() <= MAX_NAME_CHARS ? name : name.substring(0, MAX_NAME_CHARS);
        return new Setup(shown, "", "", maxMetadataBytes, windowBytes, true, 0);
    }
}
