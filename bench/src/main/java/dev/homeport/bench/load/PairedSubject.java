package dev.homeport.bench.load;

import dev.homeport.bench.rival.Rival;

/**
 * Two rivals in the same two processes, so that what chance gives a process (the order in which code is compiled, the
 * place of memory) is the same for both: the remote route and bare grpc-netty.
 */
public final class PairedSubject implements Subject {
    private static final String SEPARATOR = ",";

    private final GrpcSubject remote;
    private final GrpcSubject bare;

    /** @param addresses that {@link #addresses} made */
    public PairedSubject(String addresses) {
        String[] both = addresses.split(SEPARATOR);
        this.remote = new GrpcSubject(Rival.HOMEPORT_REMOTE, both[0]);
        this.bare = new GrpcSubject(Rival.NETTY_TCP, both[1]);
    }

    /** One text from the addresses of both servers. */
    public static String addresses(String remote, String bare) {
        return remote + SEPARATOR + bare;
    }

    @Override
    public PairedSubject paired() {
        return this;
    }

    GrpcSubject remote() {
        return remote;
    }

    GrpcSubject bare() {
        return bare;
    }

    @Override
    public Call caller(int bytes) {
        throw new UnsupportedOperationException("two rivals, of which neither is meant");
    }

    @Override
    public void close() {
        remote.close();
        bare.close();
    }
}
