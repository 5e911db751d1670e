package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Clip;
import dev.slipway.operators.HardSigmoid;
import dev.slipway.operators.Relu;
import dev.slipway.operators.Sigmoid;
import dev.slipway.operators.Softmax;
import dev.slipway.tensor.AtomicFile;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ranges of activations in the text form of TensorRT's calibration caches: a line {@code TRT-VERSION-CALIBRATOR}, then
 * for each tensor {@code name: hex}, the bits of the float32 scale of symmetric int8, which is the magnitude over 127.
 *
 * @param scales by the names of values
 */
public record CalibrationCache(String calibrator, Map<String, Float> scales) {
  private static final String HEADER = "TRT-8601-";
  private static final Pattern FIRST_LINE = Pattern.compile("TRT-\\d+-(\\w+)");
  private static final Pattern LINE = Pattern.compile("(.*): ([0-9a-fA-F]{1,8})");
  private static final Map<String, String> CALIBRATORS = Map.of(
      "entropy", "EntropyCalibration2",
      "minmax", "MinMaxCalibration",
      "percentile", "LegacyCalibration");

  public CalibrationCache {
    scales = Collections.unmodifiableMap(new LinkedHashMap<>(scales));
  }

  /** The cache of ranges that were found. */
  public static CalibrationCache of(Graph graph, Map<ValueId, Range> ranges, Calibrator calibrator) {
    Map<String, Float> scales = new TreeMap<>();
    ranges.forEach((id, range) ->
        scales.put(graph.value(id).name(), range.magnitude() / QuantParams.SYMMETRIC_LEVELS));
    return new CalibrationCache(CALIBRATORS.getOrDefault(calibrator.name(), "MinMaxCalibration"), scales);
  }

  /**
   * Reads a cache.
   *
   * @throws SlipwayException where the file is missing or not of this form; the message names the line
   */
  public static CalibrationCache read(Path file) {
    try {
      return parse(Files.readString(file, StandardCharsets.UTF_8), file.toString());
    } catch (NoSuchFileException e) {
      throw new SlipwayException(file + ": no such file (expected: a calibration cache)", e);
    } catch (IOException e) {
      throw new SlipwayException(file + ": cannot be read: " + e + " (expected: a calibration cache)", e);
    }
  }

  static CalibrationCache parse(String text, String file) {
    String[] lines = text.split("\\R");
    Matcher first = FIRST_LINE.matcher(lines[0].strip());
    if (!first.matches()) {
      throw new SlipwayException(file + ": first line \"" + lines[0] + "\" (expected: TRT-VERSION-CALIBRATOR, as in "
          + HEADER + "EntropyCalibration2)");
    }
    Map<String, Float> scales = new LinkedHashMap<>();
    for (int i = 1; i < lines.length; i++) {
      Matcher line = LINE.matcher(lines[i]);
      if (lines[i].isBlank()) {
        continue;
      }
      float scale = line.matches() ? Float.intBitsToFloat(Integer.parseUnsignedInt(line.group(2), 16)) : Float.NaN;
      if (!(scale >= 0) || scale == Float.POSITIVE_INFINITY) {
        throw new SlipwayException(file + ": line " + (i + 1) + " \"" + lines[i]
            + "\" (expected: NAME: and the bits of a float32 scale in hexadecimal, as in data: 3c010a14)");
      }
      scales.put(line.group(1), scale);
    }
    return new CalibrationCache(first.group(1), scales);
  }

  /** The form in a file. */
  public String text() {
    StringBuilder text = new StringBuilder(HEADER).append(calibrator).append('\n');
    scales.forEach((name, scale) ->
        text.append(name).append(": ").append(Integer.toHexString(Float.floatToIntBits(scale))).append('\n'));
    return text.toString();
  }

  /** Writes the cache; the file appears whole or not at all. */
  public void write(Path file) {
    try {
      AtomicFile.write(file, text());
    } catch (IOException e) {
      throw new SlipwayException(file + ": cannot be written: " + e + " (expected: a path in a writable folder)", e);
    }
  }

  /**
   * The ranges of values of a graph: from 0 where they cannot be negative, else symmetric.
   *
   * @throws SlipwayException where one is not in the cache
   */
  Map<ValueId, Range> ranges(Graph graph, Collection<ValueId> values) {
    Map<ValueId, Range> ranges = new LinkedHashMap<>();
    for (ValueId id : values) {
      String name = graph.value(id).name();
      Float scale = scales.get(name);
      if (scale == null) {
        throw new SlipwayException("calibration cache: no value " + name
            + " (expected: a cache of this model; without it, the model is calibrated anew)");
      }
      float magnitude = scale * QuantParams.SYMMETRIC_LEVELS;
      ranges.put(id, isNonNegative(graph, id) ? new Range(0, magnitude) : Range.symmetric(magnitude));
    }
    return ranges;
  }

  private static boolean isNonNegative(Graph graph, ValueId id) {
    return graph.producer(id).filter(node -> isNonNegative(graph, node)).isPresent();
  }

  private static boolean isNonNegative(Graph graph, Node node) {
    return switch (node.op()) {
      case Relu _, Sigmoid _, HardSigmoid _, Softmax _ -> true;
      case Clip _ -> node.hasInput(1)
          && graph.constant(node.input(1)).filter(min -> min.getDouble(0) >= 0).isPresent();
      default -> {
        List<ValueId> moved = QuantizationPlan.moved(graph, node);
        yield !moved.isEmpty() && moved.stream().allMatch(input -> isNonNegative(graph, input));
      }
    };
  }
}
