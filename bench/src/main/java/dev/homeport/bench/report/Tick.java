package dev.homeport.bench.report;

import java.util.Locale;

/** Short texts for the powers of ten that stand beside a logarithmic axis. */
final class Tick {
    private static final double KILO = 1e3;
    private static final double MEGA = 1e6;

    private Tick() {}

    /** Of microseconds: {@code 100 ns}, {@code 10 us}, {@code 1 ms}. */
    static String time(double micros) {
        if (micros < 1) {
            return number(micros * KILO) + " ns";
        }
        if (micros < KILO) {
            return number(micros) + " us";
        }
        return micros < MEGA ? number(micros / KILO) + " ms" : number(micros / MEGA) + " s";
    }

    /** Of a rate: {@code 100}, {@code 10 k}, {@code 1 M}. */
    static String rate(double perSecond) {
        if (perSecond < KILO) {
            return number(perSecond);
        }
        return perSecond < MEGA ? number(perSecond / KILO) + " k" : number(perSecond / MEGA) + " M";
    }

    /** Without the traces of logarithms, such as 999.9999. */
    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3f", value).replaceAll("\\.?0+$", "");
    }
}
