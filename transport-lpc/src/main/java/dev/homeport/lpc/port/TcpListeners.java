package dev.homeport.lpc.port;

import dev.homeport.lpc.syscall.SockDiag;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The TCP sockets that listen in this process's network namespace, and which of them a connection reaches. The
 * kernel is asked anew each time, by netlink, or by its tables in /proc where a filter refuses that. Any thread.
 */
final class TcpListeners {
    private static final int IPV4_BYTES = 4;

    private final TcpTables tables;

    /** @param proc where the kernel's tables are, should netlink be refused */
    TcpListeners(Path proc) {
        tables = new TcpTables(proc.resolve("net"));
    }

    /**
     * @param isIpv6 whether the socket is of the IPv6 family
     * @param isIpv6Only whether it takes no IPv4 connections; the tables do not tell, and say false
     */
    record Listener(InetAddress address, int port, boolean isIpv6, boolean isIpv6Only, int uid, long inode) {

        /** How well it fits a destination, as the kernel ranks listeners; 0 if not at all. */
        int rank(InetAddress destination) {
            boolean isIpv4 = destination instanceof Inet4Address;
            if (address.equals(destination)) {
                return isIpv4 && isIpv6 ? 3 : 4;
            }
            if (!address.isAnyLocalAddress() || isIpv4 && isIpv6Only || !isIpv4 && !isIpv6) {
                return 0;
            }
            return isIpv4 && !isIpv6 ? 2 : 1;
        }

        InetSocketAddress socketAddress() {
            return new InetSocketAddress(address, port);
        }
    }

    /** Those that a connection to an address would reach: the best fit, or several that share it. */
    List<Listener> reachedBy(InetSocketAddress destination) throws IOException {
        return best(onPort(destination.getPort()), destination.getAddress());
    }

    static List<Listener> best(List<Listener> listeners, InetAddress destination) {
        int bestRank = listeners.stream().mapToInt(listener -> listener.rank(destination)).max().orElse(0);
        return bestRank == 0
                ? List.of()
                : listeners.stream().filter(listener -> listener.rank(destination) == bestRank).toList();
    }

    private List<Listener> onPort(int port) throws IOException {
        List<SockDiag.Listener> found = new ArrayList<>();
        if (SockDiag.addListeners(SockDiag.IPV4, port, found) < 0
                || SockDiag.addListeners(SockDiag.IPV6, port, found) < 0) {
            return tables.onPort(port);
        }
        List<Listener> listeners = new ArrayList<>();
        for (SockDiag.Listener one : found) {
            listeners.add(listener(one.address(), port, one.isIpv6Only(), one.uid(), one.inode()));
        }
        return listeners;
    }

    /** @param address 4 or 16 bytes in network order, by the family of the socket */
    static Listener listener(byte[] address, int port, boolean isIpv6Only, int uid, long inode)
            throws UnknownHostException {
        return new Listener(
                InetAddress.getByAddress(address), port, address.length > IPV4_BYTES, isIpv6Only, uid, inode);
    }
}
