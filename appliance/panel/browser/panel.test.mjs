// The council's panel in a real browser, against a real box that real telephones call.
import './sign_in.mjs';
import './telephone.mjs';
import './answers.mjs';
import './people_and_box.mjs';
import './refusals.mjs';
import './accessibility.mjs'; // it looks at what the others have left
import './deleting.mjs';
