package dev.homeport.bench.agent;

import dev.homeport.bench.limit.PingPongServer;
import dev.homeport.bench.load.PairedSubject;
import dev.homeport.bench.load.Parameters;
import dev.homeport.bench.rival.Endpoints;
import dev.homeport.bench.rival.Rival;
import dev.homeport.bench.system.SharedBlock;
import io.grpc.Server;
import java.io.IOException;

/** The server of a rival: a gRPC server, or the other side of a ping-pong. */
record ServerRole(String address, Runnable ending) implements Agent.Role {

    static ServerRole start(Rival rival) throws IOException {
        if (rival == Rival.REMOTE_BESIDE_BARE) {
            return beside(grpc(Rival.HOMEPORT_REMOTE), grpc(Rival.NETTY_TCP));
        }
        return rival.isGrpc() ? grpc(rival) : pingPong();
    }

    private static ServerRole beside(ServerRole remote, ServerRole bare) {
        return new ServerRole(PairedSubject.addresses(remote.address(), bare.address()), () -> {
            remote.close();
            bare.close();
        });
    }

    private static ServerRole grpc(Rival rival) throws IOException {
        Server server = new Endpoints(rival).start();
        return new ServerRole(rival.wire().address(server), server::shutdownNow);
    }

    private static ServerRole pingPong() throws IOException {
        SharedBlock block = SharedBlock.create();
        Thread.ofPlatform().daemon().name("ping-pong").start(new PingPongServer(block));
        return new ServerRole(block.path(), () -> {});
    }

    @Override
    public Parameters command(String name, Parameters parameters) {
        throw new UnsupportedOperationException("not for a server: " + name);
    }

    @Override
    public void close() {
        ending.run();
    }
}
