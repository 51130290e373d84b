"""What the photos show: a thing of the person's trade, put together from a few plain shapes.

Shapes are drawn in order, in a square of 100 x 100 with the origin at the top left. The sign says
the ink: `+` for the motif's colour, `-` for the background's, as holes and details.
"""

from collections.abc import Mapping

Shape = tuple[str, str, tuple[int, ...]]
"""Ink, the shape (Pillow's name, or an arc or dome), and its corners x, y, x, y, ..."""

MOTIFS: Mapping[str, tuple[Shape, ...]] = {
    "nurse": (  # a cross on a box
        ("+", "rectangle", (10, 20, 90, 80)),
        ("-", "rectangle", (42, 30, 58, 70)),
        ("-", "rectangle", (30, 42, 70, 58)),
    ),
    "doctor": (  # a stethoscope
        ("+", "lower arc", (20, -20, 60, 60)),
        ("+", "line", (40, 60, 40, 85, 75, 85, 75, 60)),
        ("+", "ellipse", (64, 42, 86, 64)),
    ),
    "teacher": (  # a blackboard with a line of chalk
        ("+", "rectangle", (5, 15, 95, 65)),
        ("-", "line", (20, 50, 40, 30, 60, 50, 80, 30)),
        ("+", "line", (25, 65, 10, 95)),
        ("+", "line", (75, 65, 90, 95)),
    ),
    "developer": (  # a screen
        ("+", "rectangle", (5, 10, 95, 70)),
        ("-", "rectangle", (12, 17, 88, 63)),
        ("+", "line", (25, 30, 38, 40, 25, 50)),
        ("+", "rectangle", (40, 70, 60, 90)),
        ("+", "rectangle", (25, 88, 75, 95)),
    ),
    "analyst": (  # a bar chart
        ("+", "rectangle", (10, 60, 26, 90)),
        ("+", "rectangle", (32, 45, 48, 90)),
        ("+", "rectangle", (54, 30, 70, 90)),
        ("+", "rectangle", (76, 10, 92, 90)),
    ),
    "accountant": (  # a calculator
        ("+", "rectangle", (25, 5, 75, 95)),
        ("-", "rectangle", (32, 12, 68, 30)),
        *(("-", "rectangle", (x, y, x + 8, y + 8)) for y in (40, 56, 72) for x in (33, 46, 59)),
    ),
    "electrician": (  # a flash
        ("+", "polygon", (60, 2, 20, 55, 45, 55, 35, 98, 80, 40, 55, 40)),
    ),
    "carpenter": (  # a hammer
        ("+", "rectangle", (20, 10, 80, 35)),
        ("+", "rectangle", (44, 35, 56, 95)),
    ),
    "cook": (  # a pan
        ("+", "ellipse", (5, 25, 65, 85)),
        ("-", "ellipse", (13, 33, 57, 77)),
        ("+", "rectangle", (62, 49, 98, 61)),
    ),
    "receptionist": (  # a bell
        ("+", "dome", (10, 25, 90, 115)),
        ("+", "ellipse", (44, 12, 56, 26)),
        ("+", "rectangle", (5, 74, 95, 84)),
    ),
    "seller": (  # a bag with handles
        ("+", "polygon", (20, 35, 80, 35, 90, 95, 10, 95)),
        ("+", "upper arc", (33, 8, 67, 62)),
    ),
    "logistician": (  # boxes on boxes
        ("+", "rectangle", (5, 55, 45, 95)),
        ("+", "rectangle", (50, 55, 90, 95)),
        ("+", "rectangle", (28, 10, 68, 50)),
    ),
    "driver": (  # a railway car
        ("+", "rectangle", (5, 25, 95, 75)),
        *(("-", "rectangle", (x, 35, x + 18, 52)) for x in (12, 40, 68)),
        ("+", "ellipse", (15, 70, 35, 90)),
        ("+", "ellipse", (65, 70, 85, 90)),
    ),
    "pharmacist": (  # a bottle
        ("+", "rectangle", (38, 5, 62, 30)),
        ("+", "rectangle", (25, 30, 75, 95)),
        ("-", "rectangle", (33, 50, 67, 75)),
    ),
    "architect": (  # a house
        ("+", "polygon", (50, 5, 98, 50, 2, 50)),
        ("+", "rectangle", (15, 50, 85, 95)),
        ("-", "rectangle", (42, 65, 58, 95)),
    ),
    "engineer": (  # a bridge
        ("+", "rectangle", (2, 40, 98, 52)),
        ("+", "upper arc", (10, 46, 90, 130)),
        ("+", "line", (30, 52, 30, 58)),
        ("+", "line", (50, 52, 50, 48)),
        ("+", "line", (70, 52, 70, 58)),
    ),
    "technician": (  # a cog wheel
        ("+", "rectangle", (42, 2, 58, 98)),
        ("+", "rectangle", (2, 42, 98, 58)),
        ("+", "ellipse", (15, 15, 85, 85)),
        ("-", "ellipse", (36, 36, 64, 64)),
    ),
    "marketer": (  # a megaphone
        ("+", "polygon", (10, 40, 80, 8, 80, 92, 10, 60)),
        ("+", "rectangle", (20, 60, 36, 92)),
    ),
    "recruiter": (  # a sheet with ticks
        ("+", "rectangle", (20, 5, 80, 95)),
        *(("-", "line", (30, y, 36, y + 7, 46, y - 5)) for y in (25, 47, 69)),
        *(("-", "rectangle", (52, y - 2, 72, y + 4)) for y in (25, 47, 69)),
    ),
    "lawyer": (  # scales
        ("+", "rectangle", (47, 10, 53, 90)),
        ("+", "rectangle", (12, 15, 88, 21)),
        ("+", "polygon", (15, 21, 30, 60, 0, 60)),
        ("+", "polygon", (85, 21, 100, 60, 70, 60)),
        ("+", "rectangle", (30, 88, 70, 95)),
    ),
    "journalist": (  # a newspaper
        ("+", "rectangle", (8, 12, 92, 88)),
        ("-", "rectangle", (16, 20, 84, 30)),
        ("-", "rectangle", (16, 40, 46, 80)),
        *(("-", "rectangle", (54, y, 84, y + 4)) for y in (42, 54, 66, 76)),
    ),
    "social": (  # a heart
        ("+", "ellipse", (8, 12, 52, 56)),
        ("+", "ellipse", (48, 12, 92, 56)),
        ("+", "polygon", (11, 45, 89, 45, 50, 95)),
    ),
    "grower": (  # grapes
        *(("+", "ellipse", (x, 25, x + 20, 45)) for x in (17, 40, 63)),
        *(("+", "ellipse", (x, 46, x + 20, 66)) for x in (28, 52)),
        ("+", "ellipse", (40, 67, 60, 87)),
        ("+", "line", (50, 25, 58, 5)),
    ),
    "designer": (  # a pencil
        ("+", "polygon", (75, 5, 95, 25, 35, 85, 15, 65)),
        ("+", "polygon", (15, 65, 35, 85, 5, 95)),
    ),
    "lab": (  # a flask
        ("+", "rectangle", (40, 5, 60, 40)),
        ("+", "polygon", (40, 38, 60, 38, 95, 95, 5, 95)),
        ("-", "ellipse", (35, 65, 45, 75)),
        ("-", "ellipse", (55, 75, 68, 88)),
    ),
    "watchmaker": (  # a watch
        ("+", "rectangle", (35, 0, 65, 100)),
        ("+", "ellipse", (12, 12, 88, 88)),
        ("-", "ellipse", (22, 22, 78, 78)),
        ("+", "line", (50, 50, 50, 30)),
        ("+", "line", (50, 50, 66, 58)),
    ),
}
