package dev.homeport.bench.report;

import dev.homeport.bench.Cell;
import dev.homeport.bench.Outcome;
import dev.homeport.bench.Result;
import dev.homeport.bench.Settings;
import dev.homeport.bench.Topic;
import dev.homeport.bench.load.OneCaller;
import dev.homeport.bench.rival.Rival;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;

/** A plot of each topic's main figure, as PNG. Lines over sizes where cells differ by size, bars otherwise. */
public final class Plots {
    private static final int WIDTH = 1100;
    private static final int HEIGHT = 600;
    private static final int LABEL_DEGREES = 30;

    private Plots() {}

    public static void write(Settings settings, Outcome outcome) throws IOException {
        for (Topic topic : outcome.results().stream().map(result -> result.cell().topic()).distinct().toList()) {
            List<Result> results =
                    outcome.results(topic).stream().filter(result -> hasMainFigure(result)).toList();
            if (!results.isEmpty()) {
                Chart<?, ?> chart = topic.load() instanceof OneCaller ? lines(topic, results) : bars(topic, results);
                Path file = settings.directory().resolve(topic.name() + ".png");
                ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", file.toFile());
            }
        }
    }

    // Neither a missing figure nor a zero can stand on a logarithmic axis.
    private static boolean hasMainFigure(Result result) {
        return result.median().get(result.cell().topic().mainFigure()) > 0;
    }

    private static Chart<?, ?> lines(Topic topic, List<Result> results) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH).height(HEIGHT).title(title(topic))
                .xAxisTitle("payload, bytes").yAxisTitle(topic.mainFigure()).build();
        chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true);
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
        for (Rival rival : rivalsOf(results)) {
            List<Integer> sizes = new ArrayList<>();
            List<Double> values = new ArrayList<>();
            for (Result result : results) {
                if (result.rival() == rival) {
                    sizes.add(Math.max(1, result.cell().parameters().number(OneCaller.BYTES)));
                    values.add(result.median().get(topic.mainFigure()));
                }
            }
            chart.addSeries(rival.label(), sizes, values);
        }
        return chart;
    }

    private static Chart<?, ?> bars(Topic topic, List<Result> results) {
        CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH).height(HEIGHT).title(title(topic))
                .xAxisTitle("").yAxisTitle(topic.mainFigure()).build();
        // Bars begin at 0 unless told otherwise, where a logarithmic axis cannot.
        chart.getStyler().setYAxisLogarithmic(true).setYAxisMin(foot(topic, results));
        chart.getStyler().setXAxisLabelRotation(LABEL_DEGREES);
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
        List<Cell> cells = results.stream().map(Result::cell).distinct().toList();
        List<String> labels = cells.stream().map(Cell::label).toList();
        for (Rival rival : rivalsOf(results)) {
            List<Double> values = cells.stream().map(cell -> value(results, cell, rival)).toList();
            chart.addSeries(rival.label(), labels, values);
        }
        return chart;
    }

    /** The power of ten below the least figure. */
    private static double foot(Topic topic, List<Result> results) {
        double least = results.stream()
                .mapToDouble(result -> result.median().get(topic.mainFigure()))
                .min()
                .orElse(1);
        return Math.pow(10, Math.floor(Math.log10(least)));
    }

    /** The bar of a rival that has no figure stands at the foot of the axis, without height. */
    private static double value(List<Result> results, Cell cell, Rival rival) {
        return results.stream()
                .filter(result -> result.cell().equals(cell) && result.rival() == rival)
                .mapToDouble(result -> result.median().get(cell.topic().mainFigure()))
                .findFirst()
                .orElse(foot(cell.topic(), results));
    }

    private static List<Rival> rivalsOf(List<Result> results) {
        return results.stream().map(Result::rival).distinct().toList();
    }

    private static String title(Topic topic) {
        return topic.name() + ": " + topic.mainFigure().replace('_', ' ') + ", median of rounds";
    }
}
