package dev.homeport.bench.report;

import dev.homeport.bench.Result;
import dev.homeport.bench.load.Figures;
import dev.homeport.bench.rival.Rival;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;
import org.knowm.xchart.style.CategoryStyler;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws the topics of a run, each into a PNG file that is named after it. All on a logarithmic axis. */
public final class Plots {
    private static final int WIDTH = 960;
    private static final int HEIGHT = 460;
    private static final int TEXT_POINTS = 13;
    private static final float LINE = 2.4f;
    private static final float THIN_LINE = 1.6f;
    private static final float[] DASHES = {7, 5};
    private static final int MARKER = 7;
    private static final int MANY_LABELS = 5;
    private static final int LABEL_DEGREES = 18;
    private static final Color GRID = new Color(0xececec);

    /** What bounds every rival; drawn thin and grey. */
    private static final Set<Rival> LIMITS = Set.of(Rival.SPIN, Rival.FUTEX, Rival.FUTEX_APART, Rival.COPY);
    /** Their lines lie on those of rivals that are drawn. */
    private static final Set<Rival> NOT_DRAWN = Set.of(Rival.HOMEPORT_REMOTE, Rival.NETTY_UNIX_DIRECT);

    private Plots() {}

    /** Draws what there are results of, into that directory. */
    public static void write(Path directory, Recording recording) throws IOException {
        List<Result> all = recording.toResults();
        for (Plot plot : Plot.values()) {
            List<Result> drawn = all.stream()
                    .filter(result -> result.cell().topic() == plot.topic() && isDrawn(result))
                    .toList();
            if (!drawn.isEmpty()) {
                Path file = directory.resolve(plot.topic().name() + ".png");
                ImageIO.write(BitmapEncoder.getBufferedImage(chart(plot, drawn, recording.origin())), "png", file.toFile());
            }
        }
    }

    // Neither a missing figure nor a zero can stand on a logarithmic axis.
    private static boolean isDrawn(Result result) {
        return !NOT_DRAWN.contains(result.rival()) && figure(result) > 0;
    }

    private static double figure(Result result) {
        return result.median().get(result.cell().topic().mainFigure());
    }

    private static CategoryChart chart(Plot plot, List<Result> results, String origin) {
        boolean isTime = plot.topic().mainFigure().equals(Figures.P50);
        CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(plot.title() + "   (" + origin + ")")
                .xAxisTitle(plot.axis())
                .yAxisTitle(isTime ? "median, less is better" : "per second, more is better")
                .theme(Styler.ChartTheme.XChart)
                .build();
        style(chart.getStyler(), isTime);
        // Bars stand side by side; points of a line belong above their place.
        chart.getStyler().setOverlapped(plot.shape() == Plot.Shape.LINES);
        chart.getStyler().setYAxisMin(foot(results)).setYAxisMax(top(results));
        List<String> places =
                results.stream().map(result -> plot.along(result.cell())).distinct().toList();
        if (places.size() > MANY_LABELS && plot.shape() == Plot.Shape.BARS) {
            chart.getStyler().setXAxisLabelRotation(LABEL_DEGREES);
        }
        Set<Rival> before = EnumSet.noneOf(Rival.class);
        seriesOf(plot, results).forEach((name, its) -> {
            CategorySeries series = chart.addSeries(name, places, values(plot, places, its));
            Rival rival = its.getFirst().rival();
            style(series, plot.shape(), rival, !before.add(rival));
        });
        return chart;
    }

    private static void style(CategoryStyler styler, boolean isTime) {
        styler.setYAxisLogarithmic(true)
                .setYAxisLogarithmicDecadeOnly(true)
                .setYAxisTickLabelsFormattingFunction(isTime ? Tick::time : Tick::rate)
                .setPlotGridLinesColor(GRID)
                .setPlotGridLinesStroke(new BasicStroke(1))
                .setPlotGridVerticalLinesVisible(false)
                .setAxisTitleFont(font(Font.PLAIN))
                .setAxisTickLabelsFont(font(Font.PLAIN));
        styler.setChartTitleFont(font(Font.BOLD))
                .setLegendFont(font(Font.PLAIN))
                .setLegendPosition(Styler.LegendPosition.OutsideE)
                .setLegendBorderColor(Color.WHITE)
                .setPlotBorderVisible(false)
                .setChartBackgroundColor(Color.WHITE)
                .setMarkerSize(MARKER);
    }

    private static Font font(int style) {
        return new Font(Font.SANS_SERIF, style, TEXT_POINTS);
    }

    /** The power of ten below the least figure: bars would begin at 0 otherwise, where this axis cannot. */
    private static double foot(List<Result> results) {
        double least = results.stream().mapToDouble(Plots::figure).min().orElse(1);
        return Math.pow(10, Math.floor(Math.log10(least)));
    }

    private static double top(List<Result> results) {
        double most = results.stream().mapToDouble(Plots::figure).max().orElse(1);
        return Math.pow(10, Math.ceil(Math.log10(most)));
    }

    private static Map<String, List<Result>> seriesOf(Plot plot, List<Result> results) {
        Map<String, List<Result>> series = new LinkedHashMap<>();
        // Rival by rival, so that what belongs together stands together in the legend.
        for (Rival rival : Rival.values()) {
            results.stream()
                    .filter(result -> result.rival() == rival)
                    .forEach(result -> series.computeIfAbsent(plot.series(result), name -> new ArrayList<>())
                            .add(result));
        }
        return series;
    }

    private static List<@Nullable Double> values(Plot plot, List<String> places, List<Result> results) {
        Map<String, Double> byPlace = new HashMap<>();
        results.forEach(result -> byPlace.put(plot.along(result.cell()), figure(result)));
        List<@Nullable Double> values = new ArrayList<>();
        places.forEach(place -> values.add(byPlace.get(place)));
        return values;
    }

    private static void style(CategorySeries series, Plot.Shape shape, Rival rival, boolean isDashed) {
        series.setFillColor(colour(rival));
        series.setLineColor(colour(rival));
        series.setMarkerColor(colour(rival));
        if (shape == Plot.Shape.LINES) {
            series.setChartCategorySeriesRenderStyle(CategorySeriesRenderStyle.Line);
            series.setLineStyle(stroke(rival, isDashed));
            series.setMarker(LIMITS.contains(rival) ? SeriesMarkers.NONE : SeriesMarkers.CIRCLE);
        }
    }

    private static BasicStroke stroke(Rival rival, boolean isDashed) {
        float width = LIMITS.contains(rival) ? THIN_LINE : LINE;
        return isDashed
                ? new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, DASHES, 0)
                : new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
    }

    /** One colour for a rival in all plots. */
    private static Color colour(Rival rival) {
        return switch (rival) {
            case HOMEPORT -> new Color(0x0b5fff);
            case HOMEPORT_REMOTE, REMOTE_BESIDE_BARE -> new Color(0x7aa7ff);
            case HOMEPORT_RULES -> new Color(0x00a0b0);
            case NETTY_TCP -> new Color(0xb03a2e);
            case NETTY_UNIX -> new Color(0xe67e22);
            case NETTY_UNIX_DIRECT -> new Color(0xf1c40f);
            case IN_PROCESS -> new Color(0x27943f);
            case SPIN -> new Color(0x444444);
            case FUTEX -> new Color(0x888888);
            case FUTEX_APART -> new Color(0xaa88aa);
            case COPY -> new Color(0xbbbbbb);
        };
    }
}
