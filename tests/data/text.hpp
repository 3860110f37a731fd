#pragma once
// A small text of our own, for tests that train: it is compiled in, so that it is there on every target.

#include <string_view>

inline constexpr std::string_view text_of_the_tests =
    R"(The Grain

Before there is a picture there is a tree, and before the tree is felled somebody has to walk around it. Stand under a pear
that has grown at the edge of a field. On the side of the wind its rings are narrow, on the other side they are wide, and
where the first branch left the trunk the fibres bend around it as water bends around a stone. All of this is still in the
board, years later, when the tree is long forgotten. Who reads the board knows where the wind came from.

Every wood has its own habits. Walnut is dark and patient; it forgives a blunt knife once. Maple is pale and hard, and it
shows each mistake. Holly is whiter than paper as long as it is cut in winter and kept from the sun. Box is yellow and so
dense that it sinks. Plum is brown and violet, and no two pieces agree. Yew has red hearts and white edges in one board, so
that a single cut can be a flame or a petal. Oak is coarse and bitter; its pores drink the glue. Pear takes any shape, keeps
it, and says nothing.

A veneer is a page out of the book of a tree. It is cut with a saw, or sliced with a knife as long as a man is tall, and
then one leaf lies on the next as they lay in the trunk. Turn every second leaf over, as one opens a book, and the two
halves face each other: the same eye twice, the same river flowing to the left and to the right. Craftsmen call it a match.
Nobody drew it. It was there, and somebody opened it.

)"
    R"(The Pocket

To lay one wood into another you need two shapes that are the same shape. One of them is a hole. There are three ways, and
each has its century. The first is to cut the leaf, lay it on the ground, trace it with a needle, and clear the pocket with
a chisel. The second is to lay both woods on each other and to saw through the two of them at once; then the leaf and the
pocket are born together, and all that is wrong with the one is wrong with the other. The third is to tilt the saw a little,
so that the cut is a cone. The leaf comes down into its place like a cork, and what the blade has eaten is given back by the
slope. How much to tilt? It depends on the blade and on the thickness. A blade of a quarter of a millimetre and a veneer of
one want seven degrees; with a thinner blade it is less, with a thinner veneer it is more. Write it down. Try it on scraps.
Then do not change the blade.

When the leaf is in, it is glued. Hot glue from hide is made on the day it is used. It holds after a minute and it lets go
after three hundred years, if somebody comes with steam and a good reason. Too much of it is worse than too little, since it
has to go somewhere. Lay paper on the work, then a warm plate, then weights, and go home. In the morning scrape away the
paper and look at it from the side, against the light. What you see then is what it will be.

)"
    R"(The Shadow

A flat picture is made deep with sand. Heat it in an iron pan until a splinter browns in ten breaths. Hold the edge of a leaf
in the sand, and count. One, two, three, four, five: the edge is as brown as bread. Six, seven, eight: it is as brown as a
saddle. Nine, ten: it is coal, begin again. The colour goes from dark to light as it goes from the edge to the middle, the
way a shadow does on a round thing, and the eye is glad to be deceived. Nothing has been added. It is still the same wood,
only a part of it has been closer to the fire.

How large is a leaf? As large as the hand can turn under the saw. How many leaves are in a rose? Seven for a small one,
nineteen for a large one, and none that could be left out. How long does it take? "Until it is done," said the old man, "and
then one day more, to find what you have not seen." He counted on his fingers: a day for the drawing, two for the choice of
the wood, three for the saw, one for the sand, one for the glue, four for the oil. "Twelve days," he said, "for a thing that
weighs less than a letter, and has no use. Put it into a door, and people will open that door slowly."
)";
