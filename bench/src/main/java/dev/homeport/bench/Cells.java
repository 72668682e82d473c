package dev.homeport.bench;

import dev.homeport.bench.load.ManyCallers;
import dev.homeport.bench.load.ManyConnections;
import dev.homeport.bench.load.OneCaller;
import dev.homeport.bench.load.OutstandingCalls;
import dev.homeport.bench.load.PacedCalls;
import dev.homeport.bench.load.Parameters;
import dev.homeport.bench.load.RemoteBesideBare;
import dev.homeport.bench.load.SessionCalls;
import dev.homeport.bench.load.Streams;
import dev.homeport.bench.rival.EchoService;
import java.util.ArrayList;
import java.util.List;

/** The cells of each topic. */
final class Cells {
    /** Parameter of the cells of {@link Topic#C}: the idle connections whose cost is measured from outside. */
    static final String IDLE_CONNECTIONS = "idle";

    private static final int KIB = 1024;
    private static final int MIB = 1024 * 1024;
    private static final List<Integer> SIZES =
            List.of(0, 32, 200, 4 * KIB, 64 * KIB, MIB, 16 * MIB, 128 * MIB);
    private static final List<Integer> SIZES_ON_ONE_CORE = List.of(32, 4 * KIB, MIB);
    private static final List<Integer> RATES = List.of(100, 1000);
    private static final List<Integer> CALLERS = List.of(1, 2, 4, 8, 32);
    private static final List<Integer> CONNECTIONS = List.of(1, 10, 100, 1000);
    private static final int IDLE = 100;

    private Cells() {}

    static List<Cell> of(Topic topic) {
        return switch (topic) {
            case L -> bySize(topic, SIZES);
            case L1 -> bySize(topic, SIZES_ON_ONE_CORE);
            case T -> outstanding();
            case S -> streams();
            case P -> paced();
            case N -> callers();
            case K -> connections();
            case C -> costs();
            case B -> sessions();
            case R -> remoteBesideBare();
        };
    }

    private static List<Cell> bySize(Topic topic, List<Integer> sizes) {
        return sizes.stream()
                .map(bytes -> new Cell(topic, sizeLabel(bytes), Parameters.of(OneCaller.BYTES, bytes)))
                .toList();
    }

    private static String sizeLabel(int bytes) {
        return bytes >= MIB ? bytes / MIB + " MiB" : bytes >= KIB ? bytes / KIB + " KiB" : bytes + " B";
    }

    private static List<Cell> outstanding() {
        return List.of(
                new Cell(Topic.T, "no executor",
                        Parameters.of(OutstandingCalls.EXECUTOR, OutstandingCalls.NO_EXECUTOR)),
                new Cell(Topic.T, "with executor", Parameters.of(OutstandingCalls.EXECUTOR, OutstandingCalls.POOL)));
    }

    private static List<Cell> streams() {
        List<Cell> cells = new ArrayList<>();
        for (String kind : List.of(Streams.SERVER, Streams.CLIENT, Streams.BIDI)) {
            for (int ahead : List.of(1, EchoService.AHEAD)) {
                cells.add(new Cell(Topic.S, kind + ", request " + ahead,
                        Parameters.of(Streams.KIND, kind).and(Streams.AHEAD, ahead)));
            }
        }
        return cells;
    }

    private static List<Cell> paced() {
        return RATES.stream()
                .map(rate -> new Cell(Topic.P, rate + "/s", Parameters.of(PacedCalls.PER_SECOND, rate)))
                .toList();
    }

    private static List<Cell> callers() {
        List<Cell> cells = new ArrayList<>();
        for (String threads : List.of(ManyCallers.PLATFORM, ManyCallers.VIRTUAL)) {
            for (int callers : CALLERS) {
                cells.add(new Cell(Topic.N, callers + " " + threads,
                        Parameters.of(ManyCallers.CALLERS, callers).and(ManyCallers.THREADS, threads)));
            }
        }
        return cells;
    }

    private static List<Cell> connections() {
        List<Cell> cells = new ArrayList<>();
        for (String busy : List.of(ManyConnections.ONE, ManyConnections.ALL)) {
            for (int connections : CONNECTIONS) {
                cells.add(new Cell(Topic.K, busy + " busy of " + connections,
                        Parameters.of(ManyConnections.CONNECTIONS, connections).and(ManyConnections.BUSY, busy)));
            }
        }
        return cells;
    }

    private static List<Cell> sessions() {
        return List.of(
                new Cell(Topic.B, "plain call", Parameters.of(SessionCalls.KIND, SessionCalls.PLAIN)),
                new Cell(Topic.B, "called back once", Parameters.of(SessionCalls.KIND, SessionCalls.CALLED_BACK)),
                new Cell(Topic.B, "generic call", Parameters.of(SessionCalls.KIND, SessionCalls.GENERIC)));
    }

    private static List<Cell> remoteBesideBare() {
        List<Cell> cells = new ArrayList<>();
        for (String kind : List.of(RemoteBesideBare.CALLER, RemoteBesideBare.OUTSTANDING)) {
            for (String subject : List.of(RemoteBesideBare.REMOTE, RemoteBesideBare.BARE)) {
                cells.add(new Cell(Topic.R, kind + " " + subject,
                        Parameters.of(RemoteBesideBare.KIND, kind).and(RemoteBesideBare.SUBJECT, subject)));
            }
        }
        return cells;
    }

    private static List<Cell> costs() {
        return List.of(
                new Cell(Topic.C, "set-up", Parameters.NONE),
                new Cell(Topic.C, IDLE + " idle", Parameters.of(IDLE_CONNECTIONS, IDLE)));
    }
}
