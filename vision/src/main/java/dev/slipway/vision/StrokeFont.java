package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Letters, digits and punctuation of ASCII as polylines. A headless JDK on a bare system has no fonts; this needs none.
 *
 * <p>A glyph is a line {@code character advance path}. Coordinates are fourteenths of the capital height, y downwards
 * from the top of the capitals, the base line at 14, the top of the small letters at 5. A path moves ({@code M x y}),
 * draws a line ({@code L x y}) or a line to an elliptical arc and along it ({@code E cx cy rx ry from to}, in degrees
 * clockwise from the x axis).
 */
final class StrokeFont {
  private static final double UNITS = 14;
  private static final double SPACING = 3.6;
  private static final double WORD_SPACE = 7;
  private static final double ARC_STEP = 12;

  /** What stands for a character without a glyph. */
  private static final String UNKNOWN = "8 M0 0 L8 0 L8 14 L0 14 L0 0";

  private static final String GLYPHS = """
      A 10 M0 14 L5 0 L10 14 M1.8 9 L8.2 9
      B 9 M0 6.6 L0 0 L5 0 E5 3.3 3.5 3.3 -90 90 L0 6.6 L5.3 6.6 E5.3 10.3 3.7 3.7 -90 90 L0 14 L0 6.6
      C 10 E5.5 7 5.5 7 -45 -315
      D 10 M0 0 L4 0 E4 7 6 7 -90 90 L0 14 L0 0
      E 8 M8 0 L0 0 L0 14 L8 14 M0 7 L7 7
      F 8 M8 0 L0 0 L0 14 M0 7 L6.5 7
      G 11 E5.5 7 5.5 7 -45 -360 L6.5 7
      H 9.5 M0 0 L0 14 M9.5 0 L9.5 14 M0 7 L9.5 7
      I 5 M0 0 L5 0 M2.5 0 L2.5 14 M0 14 L5 14
      J 6 M6 0 L6 10.5 E3 10.5 3 3.5 0 150
      K 9 M0 0 L0 14 M8.5 0 L0 9 M3.2 5.6 L9 14
      L 8 M0 0 L0 14 L8 14
      M 12 M0 14 L0 0 L6 11 L12 0 L12 14
      N 10 M0 14 L0 0 L10 14 L10 0
      O 12 E6 7 6 7 0 360
      P 8.5 M0 14 L0 0 L4.7 0 E4.7 3.9 3.8 3.9 -90 90 L0 7.8
      Q 12 E6 7 6 7 0 360 M7.5 10.5 L11.5 15
      R 9 M0 14 L0 0 L4.7 0 E4.7 3.8 3.8 3.8 -90 90 L0 7.6 M4.5 7.6 L9 14
      S 9 E4.5 3.6 4.1 3.6 -30 -270 E4.5 10.6 4.5 3.4 -90 150
      T 10 M0 0 L10 0 M5 0 L5 14
      U 9.5 M0 0 L0 9.3 E4.75 9.3 4.75 4.7 180 0 L9.5 0
      V 10 M0 0 L5 14 L10 0
      W 14 M0 0 L3.5 14 L7 1.5 L10.5 14 L14 0
      X 9 M0 0 L9 14 M9 0 L0 14
      Y 10 M0 0 L5 7 L10 0 M5 7 L5 14
      Z 9 M0 0 L9 0 L0 14 L9 14
      a 7 E3.6 8.6 3.4 3.6 -160 0 L7 14 M7 9.4 L3.2 9.4 E3.2 11.7 3.2 2.3 -90 -270 E3.5 11 3.5 3 90 0
      b 8.5 M0 0 L0 14 M0 9.5 E4.25 9.5 4.25 4.5 -180 180
      c 7.5 E4.25 9.5 4.25 4.5 -45 -315
      d 8.5 E4.25 9.5 4.25 4.5 0 360 M8.5 0 L8.5 14
      e 8.5 M0.1 9.5 L8.5 9.5 E4.25 9.5 4.25 4.5 0 -315
      f 6 E5 3 2.6 3 -60 -180 L2.4 14 M0 5 L5.5 5
      g 8.5 E4.25 9.5 4.25 4.5 0 360 M8.5 5 L8.5 14.3 E4.6 14.3 3.9 4 0 150
      h 8 M0 0 L0 14 M0 9 E4 9 4 4 -180 0 L8 14
      i 0 M0 5 L0 14 M0 1 L0 1.4
      j 3 M3 5 L3 15.5 E0.6 15.5 2.4 2.8 0 90 M3 1 L3 1.4
      k 7.5 M0 0 L0 14 M7 5 L0 11 M2.9 8.6 L7.5 14
      l 2 M0 0 L0 11.5 E2 11.5 2 2.5 180 90
      m 13 M0 5 L0 14 M0 8.5 E3.25 8.5 3.25 3.5 -180 0 L6.5 14 M6.5 8.5 E9.75 8.5 3.25 3.5 -180 0 L13 14
      n 8 M0 5 L0 14 M0 9 E4 9 4 4 -180 0 L8 14
      o 9 E4.5 9.5 4.5 4.5 0 360
      p 8.5 M0 5 L0 18.5 M0 9.5 E4.25 9.5 4.25 4.5 -180 180
      q 8.5 E4.25 9.5 4.25 4.5 0 360 M8.5 5 L8.5 18.5
      r 5 M0 5 L0 14 M0 9.2 E4.2 9.2 4.2 4.2 -180 -75
      s 7 E3.5 7.3 3.2 2.3 -30 -270 E3.5 11.8 3.5 2.2 -90 150
      t 5.5 M2.4 1.5 L2.4 11.2 E5 11.2 2.6 2.8 180 75 M0 5 L5.5 5
      u 8 M0 5 L0 10 E4 10 4 4 180 0 M8 5 L8 14
      v 8 M0 5 L4 14 L8 5
      w 12 M0 5 L3 14 L6 6 L9 14 L12 5
      x 7.5 M0 5 L7.5 14 M7.5 5 L0 14
      y 8 M0 5 L4 14 M8 5 L2.3 18.5
      z 7.5 M0 5 L7.5 5 L0 14 L7.5 14
      0 9 E4.5 7 4.3 7 0 360
      1 5 M0.5 3 L4 0 L4 14
      2 9 E4.5 4 4.2 4 -170 30 L0.3 14 L9 14
      3 9 E4.2 3.6 3.9 3.6 -160 90 E4.2 10.6 4.5 3.4 -90 155
      4 9.5 M7 14 L7 0 L0 10 L9.5 10
      5 9 M8 0 L1.2 0 L0.6 6.5 E4.3 9.3 4.5 4.7 -140 150
      6 9 E4.5 9.5 4.3 4.5 0 360 M7.5 0.2 E7.5 9.2 7.3 9 -90 -180
      7 9 M0 0 L9 0 L3.2 14
      8 9 E4.5 3.5 3.7 3.5 0 360 M9 10.5 E4.5 10.5 4.5 3.5 0 360
      9 9 E4.5 4.5 4.3 4.5 0 360 M8.8 4.8 E1.5 4.8 7.3 9 0 90
      . 0 M0 13.6 L0 14
      , 0.6 M0.6 13.5 L0 16.5
      : 0 M0 6.6 L0 7 M0 13.6 L0 14
      ; 0.6 M0.6 6.6 L0.6 7 M0.6 13.5 L0 16.5
      - 5 M0 9 L5 9
      _ 8 M0 16 L8 16
      / 6 M0 16 L6 -1
      ( 3 E8 7 8 10 -140 -220
      ) 3 E-5 7 8 10 -40 40
      [ 3 M3 -1 L0 -1 L0 16 L3 16
      ] 3 M0 -1 L3 -1 L3 16 L0 16
      < 8 M8 4 L0 9 L8 14
      > 8 M0 4 L8 9 L0 14
      | 0 M0 -1 L0 17
      + 8 M0 9 L8 9 M4 5 L4 13
      = 8 M0 7 L8 7 M0 11 L8 11
      * 6 M3 0 L3 6 M0.4 1.5 L5.6 4.5 M5.6 1.5 L0.4 4.5
      ! 0 M0 0 L0 9.5 M0 13.6 L0 14
      ? 7.5 E3.75 3.75 3.75 3.75 -180 60 L3.75 9.5 M3.75 13.6 L3.75 14
      ' 0 M0 0 L0 4
      " 3 M0 0 L0 4 M3 0 L3 4
      # 10 M3.5 1 L1.5 14 M8.5 1 L6.5 14 M0.5 5 L10 5 M0 10 L9.5 10
      % 13 E3 3.5 3 3.5 0 360 M13 10.5 E10 10.5 3 3.5 0 360 M11 0 L2 14
      """;

  private StrokeFont() {}

  /** The strokes of a line of text in units of the capital height, the start of the base line at 0,0. */
  static List<List<Point>> strokes(String text) {
    Map<Integer, String> glyphs = glyphs();
    List<List<Point>> strokes = new ArrayList<>();
    double x = 0;
    for (int character : text.codePoints().toArray()) {
      if (character == ' ') {
        x += WORD_SPACE;
        continue;
      }
      String[] glyph = glyphs.getOrDefault(character, UNKNOWN).split(" ", 2);
      strokes.addAll(new PathReader(glyph[1], x).read());
      x += Double.parseDouble(glyph[0]) + SPACING;
    }
    return strokes;
  }

  private static Map<Integer, String> glyphs() {
    Map<Integer, String> glyphs = new HashMap<>();
    GLYPHS.lines().forEach(line -> glyphs.put((int) line.charAt(0), line.substring(2)));
    return glyphs;
  }

  /** Reads one path into polylines. */
  private static final class PathReader {
    private final String[] words;
    private final double offset;
    private final List<List<Point>> strokes = new ArrayList<>();
    private List<Point> stroke = new ArrayList<>();
    private int next;

    PathReader(String path, double offset) {
      this.words = path.split(" ");
      this.offset = offset;
    }

    List<List<Point>> read() {
      while (next < words.length) {
        char command = words[next].charAt(0);
        words[next] = words[next].substring(1);
        switch (command) {
          case 'M' -> {
            finish();
            add(number(), number());
          }
          case 'L' -> add(number(), number());
          case 'E' -> arc(number(), number(), number(), number(), number(), number());
          default -> throw new SlipwayException("glyph: command " + command + " (expected: M, L or E)");
        }
      }
      finish();
      return strokes;
    }

    private void arc(double x, double y, double radiusX, double radiusY, double from, double to) {
      int steps = (int) Math.ceil(Math.abs(to - from) / ARC_STEP);
      for (int i = 0; i <= steps; i++) {
        double angle = Math.toRadians(from + (to - from) * i / steps);
        add(x + radiusX * Math.cos(angle), y + radiusY * Math.sin(angle));
      }
    }

    private void add(double x, double y) {
      stroke.add(new Point((offset + x) / UNITS, (y - UNITS) / UNITS));
    }

    private double number() {
      return Double.parseDouble(words[next++]);
    }

    private void finish() {
      if (!stroke.isEmpty()) {
        strokes.add(stroke);
      }
      stroke = new ArrayList<>();
    }
  }
}
