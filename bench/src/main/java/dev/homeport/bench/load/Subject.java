package dev.homeport.bench.load;

/** A rival, ready to be called in the client's process. Used by one thread at a time. */
public interface Subject extends AutoCloseable {
    /** One call that waits for its reply and reads it. Used by the thread that calls it; bound to the subject. */
    @FunctionalInterface
    interface Call {
        void run();
    }

    /** Something to be called with payloads of that size; ready to be called when this returns. */
    Call caller(int bytes) throws Exception;

    /** What only gRPC has. */
    default GrpcSubject grpc() {
        throw new UnsupportedOperationException("this rival carries no gRPC calls");
    }

    /** Two rivals at once. */
    default PairedSubject paired() {
        throw new UnsupportedOperationException("this is one rival");
    }

    /** Before each run. */
    default void begin() {}

    /** After each run. */
    default void end() {}

    @Override
    void close();
}
