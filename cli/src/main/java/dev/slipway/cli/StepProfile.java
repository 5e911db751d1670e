package dev.slipway.cli;

import dev.slipway.runtime.StepTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The steps of an engine with their times and, where they compute, their share of what the cores can.
 *
 * @param runs the steps of each run, the same in all
 * @param peakFlops operations a second of one core; NaN where that is not known
 */
record StepProfile(List<List<StepTime>> runs, double peakFlops, int threads) {
  private static final Set<String> PRODUCTS = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul", "FusedMatMul");
  /** Products and convolutions from here on are expected to keep the cores busy. */
  private static final double LARGE_FLOPS = 10e6;
  private static final double EXPECTED_SHARE = 0.85;

  /**
   * One step.
   *
   * @param millis the median of all runs
   */
  private record Row(StepTime step, double millis, double peakFlops) {
    double flopsPerSecond() {
      return step.flops() / (millis / 1e3);
    }

    double share() {
      return flopsPerSecond() / peakFlops;
    }

    boolean lags() {
      return PRODUCTS.contains(step.op()) && step.flops() >= LARGE_FLOPS && share() < EXPECTED_SHARE;
    }
  }

  List<String> lines() {
    List<Row> rows = rows();
    double total = rows.stream().mapToDouble(Row::millis).sum();
    Table table = Table.of("node", "operator", "tactic", "shapes", ">MFLOP", ">us", ">%", ">GFLOP/s", ">of peak");
    for (Row row : rows) {
      table.row(row.step.node(), row.step.op(), row.step.tactic(), row.step.shapes(), number(row.step.flops() / 1e6, 2),
          number(row.millis * 1e3, 1), number(100 * row.millis / total, 1), rate(row, row.flopsPerSecond() / 1e9),
          rate(row, row.share() * 100));
    }
    List<String> lines = new ArrayList<>(table.lines());
    lines.add("steps " + rows.size() + ", together " + Quantity.millis(total) + ", peak of "
        + (threads == 1 ? "one core " : threads + " cores ") + number(peakFlops * threads / 1e9, 1) + " GFLOP/s");
    lines.addAll(lagging(rows));
    return lines;
  }

  private List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < runs.getFirst().size(); i++) {
      int index = i;
      double[] nanos = runs.stream().mapToDouble(run -> run.get(index).nanos()).sorted().toArray();
      rows.add(new Row(runs.getFirst().get(i), nanos[nanos.length / 2] / 1e6, peakFlops * threads));
    }
    return rows;
  }

  private static List<String> lagging(List<Row> rows) {
    List<Row> large = rows.stream()
        .filter(row -> PRODUCTS.contains(row.step.op()) && row.step.flops() >= LARGE_FLOPS)
        .toList();
    List<String> lines = new ArrayList<>();
    lines.add("products and convolutions of 10 MFLOP and more: " + large.size() + ", below 85 % of the peak: "
        + large.stream().filter(Row::lags).count());
    for (Row row : large) {
      if (row.lags()) {
        lines.add("  " + row.step.node() + " " + row.step.tactic() + " " + row.step.shapes() + ": "
            + number(row.share() * 100, 0) + " %");
      }
    }
    return lines;
  }

  private static String rate(Row row, double value) {
    return row.step.flops() == 0 || Double.isNaN(value) ? "" : number(value, 1);
  }

  private static String number(double value, int decimals) {
    return Double.isNaN(value) ? "unknown" : String.format(Locale.ROOT, "%." + decimals + "f", value);
  }
}
