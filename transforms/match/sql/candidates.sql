-- One row says that a node of the register lies in a block that a new node would lie in.
SELECT looked_up.lookup, block.node FROM looked_up JOIN block USING (block)
