package dev.slipway.quantization;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Accuracy against latency of what was tried, as a page of HTML that needs nothing else. */
public final class FrontPlot {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 420;
  private static final int MARGIN = 64;
  private static final int TICKS = 5;

  private final BudgetResult result;
  private final String measure;
  private final double budget;
  private final Scale latency;
  private final Scale accuracy;

  /** A plot of a result; the measure's name stands at the axis. */
  public FrontPlot(BudgetResult result, String measure, double budget) {
    this.result = result;
    this.measure = measure;
    this.budget = budget;
    this.latency = Scale.of(all().map(Attempt::latencyMillis).toList(), MARGIN, WIDTH - MARGIN / 2);
    this.accuracy = Scale.of(
        Stream.concat(all().map(Attempt::accuracy), Stream.of(result.reference().accuracy() - budget)).toList(),
        HEIGHT - MARGIN, MARGIN / 2);
  }

  private Stream<Attempt> all() {
    return Stream.concat(Stream.of(result.reference()), result.attempts().stream());
  }

  /** From numbers to pixels. */
  private record Scale(double low, double high, double from, double to) {
    private static final double ROOM = 0.08;

    static Scale of(List<Double> values, double from, double to) {
      double low = values.stream().mapToDouble(Double::doubleValue).min().orElse(0);
      double high = values.stream().mapToDouble(Double::doubleValue).max().orElse(1);
      double room = high > low ? ROOM * (high - low) : Math.max(Math.abs(high) * ROOM, 1e-3);
      return new Scale(low - room, high + room, from, to);
    }

    double at(double value) {
      return from + (value - low) / (high - low) * (to - from);
    }

    double tick(int index) {
      return low + (high - low) * index / TICKS;
    }
  }

  /** The page. */
  public String html() {
    return """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <title>Accuracy against latency</title>
        <style>
        body { font: 14px sans-serif; margin: 2em; color: #222 }
        td, th { padding: 2px 12px 2px 0; text-align: left }
        .front { fill: none; stroke: #1a7f37 }
        .on { fill: #1a7f37 } .off { fill: #999 } .reference { fill: #0550ae } .best { stroke: #000; stroke-width: 2 }
        </style>
        <h1>Accuracy against latency</h1>
        """ + svg() + table() + "</html>\n";
  }

  private String svg() {
    StringBuilder svg = new StringBuilder("<svg width=\"" + WIDTH + "\" height=\"" + HEIGHT + "\" role=\"img\">\n");
    for (int i = 0; i <= TICKS; i++) {
      double x = latency.at(latency.tick(i));
      double y = accuracy.at(accuracy.tick(i));
      svg.append(line(x, HEIGHT - MARGIN, x, MARGIN / 2.0, "#eee"));
      svg.append(line(MARGIN, y, WIDTH - MARGIN / 2.0, y, "#eee"));
      svg.append(text(x, HEIGHT - MARGIN + 18, "middle", format("%.3g", latency.tick(i))));
      svg.append(text(MARGIN - 6, y + 4, "end", format("%.4f", accuracy.tick(i))));
    }
    double least = accuracy.at(result.reference().accuracy() - budget);
    svg.append(line(MARGIN, least, WIDTH - MARGIN / 2.0, least, "#cf222e"));
    svg.append(text(WIDTH - MARGIN / 2.0, least - 5, "end", "least accuracy within the budget"));
    List<Attempt> front = result.front();
    svg.append("<polyline class=\"front\" points=\"")
        .append(front.stream().map(this::point).collect(Collectors.joining(" "))).append("\"/>\n");
    result.attempts().forEach(attempt -> svg.append(circle(attempt, front.contains(attempt) ? "on" : "off")));
    svg.append(circle(result.reference(), "reference"));
    svg.append(text(WIDTH / 2.0, HEIGHT - 18, "middle", "latency, ms"));
    return svg.append(text(MARGIN, 20, "start", escaped(measure))).append("</svg>\n").toString();
  }

  private String point(Attempt attempt) {
    return format("%.1f,%.1f", latency.at(attempt.latencyMillis()), accuracy.at(attempt.accuracy()));
  }

  private String circle(Attempt attempt, String kind) {
    String best = attempt.equals(result.best()) ? " best" : "";
    return format("<circle class=\"%s%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"6\"><title>%s: %.4f, %.3f ms</title></circle>%n",
        kind, best, latency.at(attempt.latencyMillis()), accuracy.at(attempt.accuracy()), escaped(attempt.name()),
        attempt.accuracy(), attempt.latencyMillis());
  }

  private static String line(double x1, double y1, double x2, double y2, String color) {
    return format("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>%n", x1, y1, x2, y2, color);
  }

  private static String text(double x, double y, String anchor, String text) {
    return format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n", x, y, anchor, text);
  }

  private String table() {
    StringBuilder table = new StringBuilder("<table>\n<tr><th>what<th>")
        .append(escaped(measure)).append("<th>latency, ms<th>layers in float32\n");
    all().forEach(attempt -> table.append(format("<tr><td>%s<td>%.4f<td>%.3f<td>%s%n", escaped(attempt.name()),
        attempt.accuracy(), attempt.latencyMillis(), escaped(String.join(", ", attempt.floatLayers())))));
    return table.append("</table>\n").toString();
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
  }
}
