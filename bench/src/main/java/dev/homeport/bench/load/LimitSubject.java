package dev.homeport.bench.load;

import dev.homeport.bench.limit.Echo;
import dev.homeport.bench.limit.Handover;
import dev.homeport.bench.limit.PingPongServer;
import dev.homeport.bench.system.SharedBlock;

/** A limit that is between two processes. */
public final class LimitSubject implements Subject {
    private final SharedBlock block;
    private final Handover handover;

    public LimitSubject(SharedBlock block, Handover handover) {
        this.block = block;
        this.handover = handover;
    }

    /** The limit that needs no other process. */
    public static Subject copies() {
        Echo copies = Echo.copies();
        return new Subject() {
            @Override
            public Call caller(int bytes) {
                byte[] payload = GrpcSubject.payload(bytes);
                return () -> copies.call(payload);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void begin() {
        PingPongServer.begin(block, handover);
    }

    @Override
    public void end() {
        PingPongServer.end(block);
    }

    @Override
    public Call caller(int bytes) {
        byte[] payload = GrpcSubject.payload(bytes);
        Echo echo = Echo.between(block, handover);
        return () -> echo.call(payload);
    }

    @Override
    public void close() {}
}
