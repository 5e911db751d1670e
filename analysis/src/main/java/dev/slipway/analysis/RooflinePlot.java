package dev.slipway.analysis;

import dev.slipway.backend.Peaks;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;

/**
 * Layers under the roofs of a device, drawn as SVG: FLOP/s over FLOPs per byte, both logarithmic. The area of a point
 * is the layer's share of the time.
 */
public final class RooflinePlot {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 560;
  private static final int LEFT = 80;
  private static final int RIGHT = 150;
  private static final int TOP = 40;
  private static final int BOTTOM = 60;
  private static final double LARGEST_RADIUS = 26;
  private static final double SMALLEST_RADIUS = 2.5;

  private final ModelProfile profile;
  private final Roofline roofline;
  private final List<LayerProfile> layers;
  private final StringBuilder svg = new StringBuilder();
  private final Axis intensity;
  private final Axis rate;

  private RooflinePlot(ModelProfile profile, Roofline roofline) {
    this.profile = profile;
    this.roofline = roofline;
    layers = profile.layers().stream()
        .filter(layer -> layer.work().executedFlops() > 0 && layer.bytes() > 0)
        .toList();
    double peak = highestRoof();
    DoubleSummaryStatistics memory = roofline.peaks().memory(roofline.threads()).stream()
        .mapToDouble(Peaks.Memory::bytesPerSecond)
        .summaryStatistics();
    DoubleSummaryStatistics own = layers.stream().mapToDouble(RooflinePlot::intensity).summaryStatistics();
    double slowest = layers.stream().mapToDouble(LayerProfile::flopsPerSecond).min().orElse(peak / 1e3);
    intensity = Axis.over(
        Math.min(own.getMin(), peak / memory.getMax() / 2),
        Math.max(own.getMax(), peak / memory.getMin()),
        LEFT,
        WIDTH - RIGHT);
    rate = Axis.over(Math.min(slowest, peak / 1e3), peak, HEIGHT - BOTTOM, TOP);
  }

  private double highestRoof() {
    return roofline.peaks().compute().stream()
        .filter(peak -> peak.threads() == roofline.threads())
        .mapToDouble(Peaks.Compute::perSecond)
        .max()
        .orElse(1e9);
  }

  /** The picture as the text of an SVG file. */
  public static String svg(ModelProfile profile, Roofline roofline) {
    return new RooflinePlot(profile, roofline).draw();
  }

  /** A logarithmic axis of whole decades. */
  private record Axis(int firstDecade, int lastDecade, double begin, double end) {
    static Axis over(double smallest, double largest, double begin, double end) {
      int first = (int) Math.floor(Math.log10(smallest));
      return new Axis(first, Math.max(first + 1, (int) Math.ceil(Math.log10(largest))), begin, end);
    }

    double at(double value) {
      double part = (Math.log10(value) - firstDecade) / (lastDecade - firstDecade);
      return begin + part * (end - begin);
    }

    double smallest() {
      return Math.pow(10, firstDecade);
    }

    double largest() {
      return Math.pow(10, lastDecade);
    }
  }

  /** Of the algorithm that runs, as the rate is. */
  private static double intensity(LayerProfile layer) {
    return (double) layer.work().executedFlops() / layer.bytes();
  }

  private String draw() {
    add("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\""
        + " role=\"img\">", WIDTH, HEIGHT);
    add("<title>Roofline of %s</title>", escape(profile.name()));
    add("<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>", WIDTH, HEIGHT);
    text(LEFT, 22, "start", profile.name() + " on " + profile.device());
    drawGrid();
    roofline.peaks().compute().stream()
        .filter(peak -> peak.threads() == roofline.threads())
        .forEach(this::drawRoof);
    roofline.peaks().memory(roofline.threads()).forEach(this::drawSlope);
    layers.forEach(this::drawLayer);
    drawLegend();
    add("</svg>");
    return svg.toString();
  }

  private void drawGrid() {
    for (int decade = intensity.firstDecade; decade <= intensity.lastDecade; decade++) {
      double x = intensity.at(Math.pow(10, decade));
      line(x, TOP, x, HEIGHT - BOTTOM, "#ddd");
      text(x, HEIGHT - BOTTOM + 18, "middle", power(decade));
    }
    for (int decade = rate.firstDecade; decade <= rate.lastDecade; decade++) {
      double y = rate.at(Math.pow(10, decade));
      line(LEFT, y, WIDTH - RIGHT, y, "#ddd");
      text(LEFT - 8, y + 4, "end", power(decade - 9));
    }
    text((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 16, "middle", "arithmetic intensity, FLOPs/byte");
    add("<text transform=\"translate(22 %.0f) rotate(-90)\" text-anchor=\"middle\">GFLOP/s</text>",
        (TOP + HEIGHT - BOTTOM) / 2.0);
  }

  private static String power(int decade) {
    return decade >= 0 ? String.format(Locale.ROOT, "%.0f", Math.pow(10, decade))
        : String.format(Locale.ROOT, "%." + -decade + "f", Math.pow(10, decade));
  }

  /** A horizontal roof, from where the nearest memory can feed it. */
  private void drawRoof(Peaks.Compute peak) {
    double fastest = roofline.peaks().memory(roofline.threads()).stream()
        .mapToDouble(Peaks.Memory::bytesPerSecond)
        .max()
        .orElseThrow();
    double from = Math.clamp(peak.perSecond() / fastest, intensity.smallest(), intensity.largest());
    double y = rate.at(peak.perSecond());
    line(intensity.at(from), y, WIDTH - RIGHT, y, "#333");
    text(WIDTH - RIGHT + 6, y + 4, "start", peak.unit() + " " + peak.type().label());
  }

  /** A slope of one level of memory, as far as the highest roof. */
  private void drawSlope(Peaks.Memory level) {
    double highest = highestRoof();
    double from = Math.max(intensity.smallest(), rate.smallest() / level.bytesPerSecond());
    double to = Math.min(intensity.largest(), highest / level.bytesPerSecond());
    if (from >= to) {
      return;
    }
    double x = intensity.at(from);
    double y = rate.at(from * level.bytesPerSecond());
    line(x, y, intensity.at(to), rate.at(to * level.bytesPerSecond()), color(Bound.of(level)));
    text(x + 4, y - 4, "start", level.level());
  }

  private void drawLayer(LayerProfile layer) {
    double radius = Math.max(SMALLEST_RADIUS, LARGEST_RADIUS * Math.sqrt(layer.share()));
    add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" fill-opacity=\"0.6\" stroke=\"#fff\"><title>%s</title>"
            + "</circle>",
        intensity.at(intensity(layer)),
        rate.at(layer.flopsPerSecond()),
        radius,
        color(layer.roof().bound()),
        escape(String.format(Locale.ROOT, "%s (%s): %.1f us, %.1f GFLOP/s, %.0f %% of the roof, bound by %s",
            layer.node(), layer.work().op(), layer.millis() * 1e3, layer.flopsPerSecond() / 1e9, layer.roofPercent(),
            layer.roof().bound().label())));
  }

  /** What bounds the layers that are drawn. */
  private void drawLegend() {
    List<Bound> bounds = layers.stream().map(layer -> layer.roof().bound()).distinct().sorted().toList();
    for (int i = 0; i < bounds.size(); i++) {
      double y = HEIGHT - BOTTOM - 16.0 * (bounds.size() - i) + 8;
      add("<circle cx=\"%d\" cy=\"%.1f\" r=\"5\" fill=\"%s\"/>", WIDTH - RIGHT + 16, y, color(bounds.get(i)));
      text(WIDTH - RIGHT + 26, y + 4, "start", "bound by " + bounds.get(i).label());
    }
  }

  /** Colours that people who see few colours tell apart (Okabe, Ito). */
  private static String color(Bound bound) {
    return switch (bound) {
      case COMPUTE -> "#0072b2";
      case L1 -> "#56b4e9";
      case L2 -> "#009e73";
      case L3 -> "#e69f00";
      case MEMORY -> "#d55e00";
      case LATENCY -> "#cc79a7";
      case UNKNOWN -> "#777777";
    };
  }

  private void line(double x1, double y1, double x2, double y2, String color) {
    add("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>", x1, y1, x2, y2, color);
  }

  private void text(double x, double y, String anchor, String text) {
    add("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"#222\">%s</text>", x, y, anchor, escape(text));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
  }

  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
