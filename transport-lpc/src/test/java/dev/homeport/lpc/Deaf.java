package dev.homeport.lpc;

import dev.homeport.spi.EndCause;
import dev.homeport.spi.FrameReceiver;
import dev.homeport.spi.ReadTurn;
import java.util.concurrent.CompletableFuture;

/** Takes no notice of frames and room, only of the end; a test overrides what it listens to. */
class Deaf implements FrameReceiver {
    final CompletableFuture<EndCause> end = new CompletableFuture<>();

    @Override
    public void onFrame(byte[] frame, int length, ReadTurn turn) {}

    @Override
    public void onRoom(ReadTurn turn) {}

    @Override
    public void onDrained(ReadTurn turn) {}

    @Override
    public void onEnd(EndCause cause) {
        end.complete(cause);
    }
}
